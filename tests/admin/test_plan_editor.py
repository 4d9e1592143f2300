"""The edit page: changes are collected in its form, saved at once, and never lost."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from roadmaps.models import Review
from roadmaps.plan import shape
from roadmaps.plan.schemas import Operation
from roadmaps.review.plan_edits import edit_plan
from roadmaps.services import decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def review():
    return courses.designed(courses.person("owner"), hours_per_week=4, weeks=8).reviews.get()


class Editor:
    """A browser without scripts at the edit page: it sends back every field that the page had."""

    def __init__(self, client, review):
        self.client = client
        self.address = reverse("admin:roadmaps_review_edit", args=[review.pk])
        self.response = client.get(self.address)

    @property
    def page(self):
        return self.response.content.decode()

    def fields(self):
        form = self.page.split('class="review editor"', 1)[1].split("</form>", 1)[0]
        sent: dict[str, Any] = {}
        for tag in re.findall(r"<input[^>]*>", form):
            found = {
                name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)
            }
            if found.get("type") != "checkbox":
                sent[found["name"]] = found.get("value", "")
            elif re.search(r"\schecked[\s>]", tag):
                sent.setdefault(found["name"], []).append(found["value"])
        for name, text in re.findall(
            r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.S
        ):
            sent[name] = html.unescape(text).removeprefix("\n")
        for name, options in re.findall(
            r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.S
        ):
            sent[name] = re.findall(r'value="([^"]*)" selected', options)[0]
        return sent

    def press(self, button, **changed):
        self.response = self.client.post(
            self.address, self.fields() | changed | {"do": button}, follow=True
        )
        return self

    def words(self):
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.page)).split())

    def titles(self):
        return re.findall(r"<strong>(.*?)</strong>", self.page.split('id="plan"', 1)[1])


@pytest.fixture
def editor(client, ada, review):
    client.force_login(ada)
    return Editor(client, review)


def concepts(review):
    return list(shape.concepts(Review.objects.select_related("draft").get(pk=review.pk).draft.plan))


def test_several_changes_are_collected_and_saved_as_one_draft(editor, review, ada):
    first, second, *_, last = concepts(review)
    module = next(shape.modules(review.draft.plan))
    editor.press(f"open:{first['id']}")
    editor.press(
        "stay", title="Begin here", minutes="45", outcomes="You can begin.\nYou can go on."
    )
    editor.press(f"add:{module['id']}").press(
        "stay",
        title="Salt",
        summary="Why salt",
        prerequisites=[first["id"]],
        outcomes="You can salt.",
    )
    editor.press(f"remove:{last['id']}")
    assert review.roadmap.drafts.count() == 1
    assert "Your changes 3" in editor.words()
    editor.press("save", reason="She is new to it")
    assert "Saved as draft 2. It is not approved yet." in editor.words()
    review.refresh_from_db()
    assert (review.draft.number, review.draft.author) == (2, ada)
    assert [one["op"] for one in review.draft.operations] == ["modify", "add", "remove"]
    assert {one["reason"] for one in review.draft.operations} == {"She is new to it"}
    saved = {one["title"]: one for one in concepts(review)}
    assert (saved["Begin here"]["minutes"], len(saved["Begin here"]["outcomes"])) == (45, 2)
    assert saved["Salt"]["prerequisites"] == [first["id"]]
    assert last["title"] not in saved
    assert saved[second["title"]] == second


def test_a_form_that_was_not_touched_changes_nothing(editor, review):
    for part, _ in shape.parts(review.draft.plan):
        editor.press(f"open:{part['id']}").press("stay")
        assert "Your changes 0" in editor.words()


def test_parts_move_one_step_at_a_time_and_over_the_border_of_their_module(editor, review):
    modules = list(shape.modules(review.draft.plan))
    last = modules[0]["concepts"][-1]
    editor.press(f"down:{last['id']}")
    assert (
        f"Moved “{last['title']}” from “{modules[0]['title']}” into “{modules[1]['title']}”"
        in editor.words()
    )
    editor.press(f"down:{last['id']}")
    assert "Your changes 1" in editor.words()  # two steps of one part are one move
    editor.press(f"up:{concepts(review)[0]['id']}")
    assert "There is nothing beyond it." in editor.words()


def test_stages_modules_and_concepts_can_be_moved_into_another_part(editor, review):
    plan = review.draft.plan
    module, concept = plan["stages"][0]["modules"][0], concepts(review)[-1]
    editor.press(f"open:{module['id']}").press(
        "stay", into=plan["stages"][1]["id"], title="Another module"
    )
    editor.press(f"open:{concept['id']}").press("stay", into=module["id"])
    editor.press(f"down:{plan['stages'][0]['id']}")
    told = editor.words()
    assert "Changed title of “" in told
    assert f"into “{plan['stages'][1]['title']}”" in told
    assert f"Moved “{concept['title']}” from “" in told


def test_a_change_can_be_undone_and_what_builds_on_it_is_told(editor, review):
    first = concepts(review)[0]
    module = next(shape.modules(review.draft.plan))
    editor.press(f"add:{module['id']}").press(
        "stay", title="Salt", summary="Why salt", outcomes="You can salt."
    )
    new = f"c{review.draft.plan['next_id']}"
    editor.press(f"open:{new}").press("stay", title="Salt and time")
    editor.press(f"remove:{first['id']}").press("undo:2")
    assert first["title"] in editor.titles()
    editor.press("undo:0")
    assert f"It isn't possible to change part '{new}'" in editor.words()
    assert "Your changes 0" in editor.words()


@pytest.mark.parametrize("number", ["²", "1" * 5000, "-1", "9", ""])
def test_a_forged_number_of_a_draft_or_of_a_change_is_no_number(editor, review, number):
    editor.press(f"remove:{concepts(review)[0]['id']}")
    editor.press(f"undo:{number}", draft=number)
    assert editor.response.status_code == 200
    assert "Your changes 1" in editor.words()


def test_what_is_wrong_is_said_where_it_is_typed_and_nothing_typed_is_lost(editor, review):
    first = concepts(review)[0]
    editor.press(f"open:{first['id']}").press(
        f"remove:{concepts(review)[1]['id']}", minutes="5", title="Typed in vain"
    )
    assert "greater than or equal to 10" in editor.words()
    assert editor.fields()["title"] == "Typed in vain"
    assert "Your changes 0" in editor.words()
    editor.press("close")
    assert first["title"] in editor.titles()


def test_what_the_rules_forbid_is_said_before_it_is_saved(editor, review):
    first, second, *_ = concepts(review)
    editor.press(f"open:{second['id']}").press("stay", prerequisites=[first["id"]])
    editor.press(f"down:{first['id']}")
    assert "Before it can be saved: “" in editor.words()
    editor.press("save")
    assert "comes later" in editor.words()
    assert "Your changes 1" in editor.words()
    assert review.roadmap.drafts.count() == 1


def test_a_stale_edit_is_shown_again_and_can_be_carried_over(editor, review, ada):
    first, second, *_ = concepts(review)
    editor.press(f"open:{first['id']}").press("stay", title="Mine")
    rival = Operation(op="modify", target=second["id"], title="Bob's", reason="Quicker")
    edit_plan(review, [rival], by=courses.reviewer("bob"), draft_number=1)
    editor.press("save")
    assert "Your changes were made on draft 1, but bob saved draft 2 on " in editor.words()
    assert "Mine" in editor.titles()
    editor.press("carry").press("save")
    assert "Saved as draft 3." in editor.words()
    assert {"Mine", "Bob's"} <= {one["title"] for one in concepts(review)}


def test_an_edit_of_a_decided_review_is_refused_with_who_decided(editor, review, client):
    editor.press(f"open:{concepts(review)[0]['id']}").press("stay", title="Mine")
    decide_review(review, "APPROVED", by=courses.reviewer("bob"))
    editor.press("save")
    assert "already decided: approved by bob" in editor.words()
    assert "Mine" in editor.titles()
    assert (
        "already decided: approved by bob"
        in client.get(editor.address, follow=True).content.decode()
    )


@pytest.mark.parametrize(
    "sent", ["[", "{}", '[{"op": "drop"}]', "[1]", '[{"op":"modify","target":"c3"}]']
)
def test_operations_that_nobody_made_here_are_not_read(editor, sent):
    editor.press("stay", operations=sent)
    assert "Your changes 0" in editor.words()
    assert "could not be read" in editor.words() or sent == "{}"


def test_who_may_only_look_has_no_edit_page(client, review):
    client.force_login(courses.person("looker", "view_review", staff=True))
    address = reverse("admin:roadmaps_review_edit", args=[review.pk])
    assert client.get(address).status_code == 403
    assert client.post(address, {"do": "save", "draft": "1", "operations": "[]"}).status_code == 403
    assert (
        address
        not in client.get(
            reverse("admin:roadmaps_review_change", args=[review.pk])
        ).content.decode()
    )
    client.force_login(review.roadmap.owner)
    assert client.get(address).status_code == 302


def test_the_editor_takes_few_queries(editor):
    with CaptureQueriesContext(connection) as taken:
        editor.press("stay")
    assert len(taken) <= 9
