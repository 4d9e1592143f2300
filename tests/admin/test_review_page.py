"""The page of one review: what a reviewer sees before the decision."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from logs_app import stream
from roadmaps.models import ModelCall, Review
from roadmaps.plan import shape
from roadmaps.plan.schemas import Operation
from roadmaps.review.plan_edits import edit_plan
from roadmaps.services import decide_review
from tests import courses
from tests.plan.test_picture import big_plan

pytestmark = pytest.mark.django_db(transaction=True)
QUERIES_MOST = 20  # of which one is the menu's
HOSTILE = (
    '<script>window.hit = 1</script><img src=x onerror="window.hit = 1">'
    '{{ 7|add:1 }}{% now "Y" %} javascript:hit()'
)


@pytest.fixture
def desk(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def review():
    return courses.designed(courses.person("owner"), background="I can cook").reviews.get()


def address(review):
    return reverse("admin:roadmaps_review_change", args=[review.pk])


def shown(client, review, **query):
    response = client.get(address(review), query)
    assert response.status_code == 200
    return response.content.decode()


def section(page, name):
    """The words of one section."""
    text = page.split(f'id="{name}"', 1)[1].split("</section>", 1)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def issue(location, message, severity="critical"):
    facts = {"severity": severity, "dimension": "clarity", "code": "critique", "source": "critique"}
    return facts | {"location": location, "message": message, "suggestion": "Mend it"}


def operation(op, target, **fields):
    return Operation(op=op, target=target, reason="A beginner needs it", **fields)


def next_round(review, ada, comment="Please add rye"):
    decide_review(review, "CHANGES_REQUESTED", by=ada, comment=comment)
    return courses.advance(review.roadmap).reviews.pending().get()


def test_the_request_and_the_intent_are_shown(desk, review):
    page = section(shown(desk, review), "request")
    assert "I can cook" in page
    assert courses.GOAL in page
    assert review.draft.intent["outcome"] in page
    review.draft.intent = {}
    review.draft.save()
    assert "older than" in section(shown(desk, review), "request")


def test_every_part_has_an_anchor_hours_and_a_place_in_the_picture(desk, review):
    page = shown(desk, review)
    for part, _ in shape.parts(review.draft.plan):
        assert f'id="{part["id"]}"' in page
        assert f'href="#{part["id"]}"' in page
    concept = next(shape.concepts(review.draft.plan))
    assert f"{concept['minutes']} min" in section(page, "plan")
    assert f'data-id="{concept["id"]}"' in page


def test_an_issue_leads_to_its_place_and_stands_there_too(desk, review):
    concept = next(shape.concepts(review.draft.plan))
    review.draft.report["issues"] = [
        issue("", "All of it", "warning"),
        issue(concept["id"], "Too vague"),
    ]
    review.draft.save()
    page = shown(desk, review)
    assert section(page, "findings").index("Too vague") < section(page, "findings").index(
        "All of it"
    )
    assert f'<a href="#{concept["id"]}">{concept["title"]}</a>' in page
    assert "Too vague" in section(page, "plan")
    assert (
        "All of it" not in section(page, "plan").split(review.draft.plan["stages"][0]["title"])[1]
    )


def test_the_comment_may_point_at_parts_and_the_next_page_says_so(desk, review):
    concept = next(shape.concepts(review.draft.plan))
    assert f'name="parts" value="{concept["id"]}" form="decide"' in shown(desk, review)
    decide = reverse("admin:roadmaps_review_decide", args=[review.pk])
    desk.post(
        decide,
        {
            "decision": "CHANGES_REQUESTED",
            "comment": "Longer",
            "parts": [concept["id"]],
            "draft": "1",
        },
    )
    second = courses.advance(review.roadmap).reviews.pending().get()
    cause = shown(desk, second).split('class="cause"')[1].split("</blockquote>")[0]
    assert f'<a href="#{concept["id"]}">' in cause


def test_who_asked_for_it_reads_why_they_cannot_decide(client):
    eve = courses.reviewer("eve")
    own = courses.designed(eve).reviews.get()
    client.force_login(eve)
    page = shown(client, own)
    assert "This is your own request" in page
    assert 'name="decision"' not in page
    assert client.get(reverse("admin:roadmaps_review_edit", args=[own.pk])).status_code == 403


def test_the_first_draft_has_nothing_to_compare_with(desk, review):
    assert "no earlier version" in section(shown(desk, review), "changes")


def test_what_changed_is_told_with_the_comment_that_caused_it(desk, ada, review):
    second = next_round(review, ada)
    changes = section(shown(desk, second), "changes")
    assert "What changed since draft 1" in changes
    assert "Please add rye ada, " in changes
    for one in second.draft.operations:
        assert one["text"] in changes
        assert one["reason"] in changes
    assert "1 added" in changes


def test_an_edit_is_compared_with_the_last_decided_draft_or_a_chosen_one(desk, ada, review):
    second = next_round(review, ada)
    target = next(shape.concepts(second.draft.plan))
    change = operation("modify", target["id"], title="The first title of its kind")
    edit_plan(second, [change], by=ada, draft_number=2)
    changes = section(shown(desk, second), "changes")
    assert "What changed since draft 1" in changes
    assert second.draft.operations[0]["text"] in changes
    assert "Edited by ada" in changes
    against = section(shown(desk, second, against="2"), "changes")
    assert "What changed since draft 2" in against
    assert "1 changed" in against
    assert "added" not in against
    assert "since draft 1" in section(shown(desk, second, against="99' OR"), "changes")


def test_an_edit_of_the_first_draft_is_compared_with_it(desk, ada, review):
    module = next(shape.modules(review.draft.plan))
    added = operation("add", module["id"], title="Salt", summary="Why salt slows the dough")
    edit_plan(review, [added], by=ada, draft_number=1)
    page = shown(desk, review)
    assert "What changed since draft 1" in section(page, "changes")
    assert "Why salt slows the dough" in section(page, "changes")
    assert "The scores and the critique are of draft 1" in section(page, "findings")


def test_rounds_tell_who_decided_what(desk, ada, review):
    second = next_round(review, ada)
    history = section(shown(desk, second), "history")
    assert "changes requested by ada, " in history
    assert "Please add rye" in history
    assert "pending" in history
    assert address(review) in shown(desk, second)
    first = shown(desk, review)
    assert 'name="decision"' not in first
    assert reverse("admin:roadmaps_review_edit", args=[review.pk]) not in first


def test_the_cost_and_the_newest_events_are_of_this_roadmap(desk, review):
    courses.designed(courses.person("other"))
    ModelCall.objects.filter(thread_id=review.roadmap.thread_id, role="curriculum").update(
        input_tokens=4321
    )
    ModelCall.objects.exclude(thread_id=review.roadmap.thread_id).update(input_tokens=9999)
    stream.drain()
    history = section(shown(desk, review), "history")
    assert "curriculum 1 4321" in history
    assert "9999" not in history
    assert "The plan waits for a reviewer" in history


def test_a_decision_names_the_draft_that_was_looked_at(desk, ada, review):
    target = next(shape.concepts(review.draft.plan))
    page = shown(desk, review)
    assert '<input type="hidden" name="draft" value="1">' in page
    edit_plan(review, [operation("modify", target["id"], minutes=33)], by=ada, draft_number=1)
    decide = reverse("admin:roadmaps_review_decide", args=[review.pk])
    refused = desk.post(
        decide, {"decision": "APPROVED", "draft": "1"}, follow=True
    ).content.decode()
    assert "Nothing was decided: since you opened it, ada saved draft 2" in refused
    assert Review.objects.get().status == "PENDING"
    assert (
        "1 approved."
        in desk.post(decide, {"decision": "APPROVED", "draft": "2"}, follow=True).content.decode()
    )


def test_hostile_text_is_text_everywhere(desk, ada, review):
    draft = review.draft
    for number, (part, _) in enumerate(shape.parts(draft.plan)):
        part |= {"title": f"{number}{HOSTILE}"[:120], "summary": HOSTILE}
    for one in shape.concepts(draft.plan):
        one |= {"keywords": [HOSTILE], "outcomes": [HOSTILE]}
    draft.plan["title"] = draft.intent["outcome"] = HOSTILE
    draft.report |= {"issues": [issue("", HOSTILE)], "skipped": [HOSTILE]}
    draft.report["scores"][0]["reason"] = HOSTILE
    draft.save()
    concept = next(shape.concepts(draft.plan))
    edited = operation("modify", concept["id"], summary=f"{HOSTILE} twice")
    edit_plan(review, [edited.model_copy(update={"reason": HOSTILE})], by=ada, draft_number=1)
    edit = reverse("admin:roadmaps_review_edit", args=[review.pk])
    for page in (shown(desk, review), desk.get(edit, {"part": concept["id"]}).content.decode()):
        assert "<script>window" not in page
        assert "<img src=x" not in page
        assert 'href="javascript:' not in page
        assert "{{ 7|add:1 }}" in page


def test_a_page_takes_the_same_few_queries_however_long_its_story(desk, ada, review):
    def queries(of):
        with CaptureQueriesContext(connection) as taken:
            shown(desk, of)
        return len(taken)

    queries(review)  # what is looked up once in a process is known then
    assert queries(review) <= QUERIES_MOST
    for _ in range(2):
        review = next_round(review, ada)
    review.draft.plan = big_plan()
    review.draft.save()
    target = next(shape.concepts(review.draft.plan))
    edit_plan(review, [operation("modify", target["id"], minutes=33)], by=ada, draft_number=3)
    assert queries(review) <= QUERIES_MOST
