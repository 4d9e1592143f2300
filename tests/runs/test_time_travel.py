"""Going back in a thread's history, and what becomes of the branch that is left."""

from html import unescape
from importlib import import_module

import pytest
from django.contrib import admin
from django.db import OperationalError
from django.urls import reverse

from roadmaps import progress
from roadmaps.engine import checkpointer, loop
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import ModelCall
from roadmaps.runs import time_travel
from roadmaps.runs.time_travel import history, resume_from
from roadmaps.services import decide_review
from roadmaps.workflow import graph
from roadmaps.workflow.steps import MAIN
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def roadmap():
    return courses.designed(courses.person("owner"))


def before(roadmap, node):
    return next(one for one in history(roadmap) if one.next == [node])


def test_the_history_names_node_time_and_what_changed(roadmap):
    told = history(roadmap)
    assert [one.next for one in reversed(told)] == [["__start__"], *([node] for node in MAIN)]
    assert "plan" in before(roadmap, "validate_structure").changed
    assert told[0].at > told[-1].at


def test_a_fork_asks_anew_and_leaves_the_history_readable(roadmap):
    first, paid, told = roadmap.reviews.get(), ModelCall.objects.count(), history(roadmap)
    resume_from(roadmap, before(roadmap, "design_curriculum").id, by=None)
    roadmap = courses.advance(roadmap)
    assert roadmap.status == "AWAITING_REVIEW"
    first.refresh_from_db()
    assert first.status == "SUPERSEDED"
    second = roadmap.reviews.pending().get()
    assert second.draft.number == 2
    assert ModelCall.objects.count() == paid + 2  # curriculum and validation, not the intent
    assert {one.id for one in told} < {one.id for one in history(roadmap)}
    decide_review(second, "APPROVED", by=None)
    assert courses.advance(roadmap).status == "GENERATING"


def test_a_decision_of_the_branch_that_is_left_is_superseded(roadmap):
    first, back = roadmap.reviews.get(), before(roadmap, "human_review").id
    decide_review(first, "CHANGES_REQUESTED", by=None, comment="More practice, please")
    roadmap = courses.advance(roadmap)
    resume_from(roadmap, back, by=None)
    roadmap = courses.advance(roadmap)
    assert sorted(roadmap.reviews.values_list("status", flat=True)) == [
        "PENDING",
        "SUPERSEDED",
        "SUPERSEDED",
    ]
    assert roadmap.reviews.pending().get().draft.plan == first.draft.plan


def test_a_review_that_waits_is_superseded_by_whatever_clock_it_was_opened(roadmap):
    roadmap.reviews.update(created_at="2000-01-01T00:00:00Z")
    resume_from(roadmap, before(roadmap, "validate_structure").id, by=None)
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"
    assert sorted(roadmap.reviews.values_list("status", flat=True)) == ["PENDING", "SUPERSEDED"]


def test_who_dies_before_the_fork_leaves_the_review_to_be_decided(roadmap, monkeypatch):
    async def die(*_):
        raise OperationalError("the process is gone")

    chosen = before(roadmap, "design_curriculum").id
    with monkeypatch.context() as death:
        death.setattr(time_travel, "fork_thread", die)
        with pytest.raises(OperationalError):
            resume_from(roadmap, chosen, by=None)
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"
    decide_review(roadmap.reviews.get(), "APPROVED", by=None)
    assert courses.advance(roadmap).status == "GENERATING"


def test_a_fork_that_fails_is_none(roadmap, monkeypatch):
    def die(*_, **__):
        raise OperationalError("the database is gone")

    chosen = before(roadmap, "design_curriculum").id
    with monkeypatch.context() as death:
        death.setattr(progress, "record", die)
        with pytest.raises(OperationalError):
            resume_from(roadmap, chosen, by=None)
    decide_review(roadmap.reviews.get(), "APPROVED", by=None)
    assert courses.advance(roadmap).status == "GENERATING"


def test_what_moves_is_unknown_or_has_a_course_does_not_go_back(roadmap):
    chosen = before(roadmap, "design_curriculum").id
    with pytest.raises(InvalidTransition, match="unknown"):
        resume_from(roadmap, "1ef00000-0000-6000-8000-000000000000", by=None)
    decide_review(roadmap.reviews.get(), "APPROVED", by=None)
    with pytest.raises(InvalidTransition, match="stands still"):
        resume_from(roadmap, chosen, by=None)
    roadmap = courses.advance(courses.advance(roadmap))
    assert roadmap.status == "READY"
    with pytest.raises(InvalidTransition, match="stands still"):
        resume_from(roadmap, chosen, by=None)
    assert roadmap.reviews.get().status == "APPROVED"


@pytest.fixture
def address(roadmap):
    return reverse("admin:roadmaps_roadmap_checkpoints", args=[roadmap.pk])


def test_the_admin_lists_them_and_goes_back_to_one(admin_client, client, roadmap, address):
    page = unescape(admin_client.get(address).content.decode())
    for words in (
        "Before the plan is designed",
        "The goal is precise: outcome, topics, gaps.",
        "New at this point: the goal made precise.",
        "The goal stays as it was made precise; a new plan is designed and checked.",
        "A review that waits, and decisions made after that point, are superseded.",
        "score",
    ):
        assert words in page
    assert "design_curriculum" not in page
    assert page.count("Go back to this point") == len(MAIN)
    chosen = before(roadmap, "design_curriculum").id
    client.force_login(courses.reviewer())
    seen = client.get(address).content.decode()
    assert "Go back" not in seen
    assert "Going back takes the right to change roadmaps" in seen
    assert client.post(address, {"checkpoint": chosen}).status_code == 403
    admin_client.post(address, {"checkpoint": chosen})
    roadmap = courses.advance(roadmap)
    assert roadmap.branch == 1
    assert "somebody went back to here" in admin_client.get(address).content.decode()


def test_the_page_has_pages_and_going_back_reaches_the_oldest(
    admin_client, roadmap, address, monkeypatch
):
    start, oldest = (history(roadmap)[place].id for place in (-1, -2))
    monkeypatch.setattr(time_travel, "CHECKPOINTS_MAX", 2)
    seen, query = [], ""
    while True:
        response = admin_client.get(address + query)
        seen += [row["checkpoint"].id for row in response.context["rows"]]
        if not response.context["older"]:
            break
        query = f"?before={response.context['older']}"
    monkeypatch.undo()
    assert seen == [one.id for one in history(roadmap)]
    monkeypatch.setattr(time_travel, "CHECKPOINTS_MAX", 2)
    with pytest.raises(InvalidTransition, match="Go back to the one after it"):
        resume_from(roadmap, start, by=None)
    resume_from(roadmap, oldest, by=None)
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"


def test_a_page_tells_what_changed_although_the_step_before_is_on_the_next(roadmap, monkeypatch):
    whole = {one.id: one.changed for one in history(roadmap)}
    monkeypatch.setattr(time_travel, "CHECKPOINTS_MAX", 1)
    newest = history(roadmap)[0]
    assert newest.changed == whole[newest.id]


def test_the_page_says_why_nothing_is_listed_or_can_go_back(admin_client, roadmap, address):
    queued = courses.requested(roadmap.owner, goal="Learn what no worker has taken up")
    page = admin_client.get(
        reverse("admin:roadmaps_roadmap_checkpoints", args=[queued.pk])
    ).content.decode()
    assert "no worker has taken this roadmap up" in page
    loop.run(checkpointer.delete_thread(str(roadmap.thread_id)))
    assert "are gone. They’re kept for 30 days" in admin_client.get(address).content.decode()
    decide_review(roadmap.reviews.get(), "REJECTED", by=None, comment="No")
    page = admin_client.get(address).content.decode()
    assert "only a plan that stands still" in unescape(page)
    assert "Go back" not in page


@pytest.mark.parametrize("chosen", ["", "no-id", "1ef00000-0000-6000-8000-000000000000"])
def test_what_is_no_checkpoint_is_refused_with_a_sentence(admin_client, roadmap, address, chosen):
    page = admin_client.post(address, {"checkpoint": chosen}, follow=True).content.decode()
    assert "This checkpoint is unknown or was pruned" in page
    assert admin_client.get(address, {"before": chosen}).status_code == 200


def test_every_step_of_the_workflow_has_words():
    admin.autodiscover()
    checkpoints = import_module("roadmaps.admin.checkpoints")
    nodes = set(graph.build_graph().get_graph().nodes)
    assert set(checkpoints.RESUMPTIONS) == nodes - {"__end__"}
