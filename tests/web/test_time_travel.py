"""Going back in a thread's history, and what becomes of the branch that is left."""

import pytest
from django.db import OperationalError
from django.urls import reverse

from roadmaps import progress, time_travel
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import ModelCall
from roadmaps.services import decide_review
from roadmaps.time_travel import history, resume_from
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def roadmap():
    return courses.designed(courses.person("owner"))


def before(roadmap, node):
    return next(one for one in history(roadmap) if one.next == [node])


def test_the_history_names_node_time_and_what_changed(roadmap):
    told = history(roadmap)
    assert [one.next for one in reversed(told)] == [
        ["__start__"],
        ["analyze_intent"],
        ["design_curriculum"],
        ["validate_structure"],
        ["human_review"],
    ]
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
    assert sorted(roadmap.reviews.values_list("status", flat=True)) == ["PENDING", "SUPERSEDED", "SUPERSEDED"]
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
        death.setattr(time_travel, "_fork", die)
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


def test_the_admin_lists_them_and_goes_on_from_one(admin_client, client, roadmap):
    address = reverse("admin:roadmaps_roadmap_checkpoints", args=[roadmap.pk])
    page = admin_client.get(address).content.decode()
    assert "design_curriculum" in page
    assert "Go on from here" in page
    chosen = before(roadmap, "design_curriculum").id
    client.force_login(courses.reviewer())
    assert "Go on from here" not in client.get(address).content.decode()
    assert client.post(address, {"checkpoint": chosen}).status_code == 403
    admin_client.post(address, {"checkpoint": chosen})
    assert courses.advance(roadmap).branch == 1
