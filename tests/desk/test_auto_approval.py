"""Approval by the system: only when it is asked for, only what is good enough, and never in a person's name."""

import pytest
from django.contrib.admin.models import LogEntry

from roadmaps import runs
from roadmaps.auto_approval import is_good_enough
from roadmaps.models import Review, Roadmap
from roadmaps.services import decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_the_setting_a_person_decides(review):
    assert review.status == "PENDING"


def test_a_good_plan_is_approved_by_the_system_and_goes_on(owner, settings, story):
    settings.AUTO_APPROVE_MIN_SCORE = 1
    roadmap = courses.designed(owner)
    review = roadmap.reviews.get()
    assert (review.status, review.decided_how, review.decider) == ("APPROVED", "SYSTEM", "the system")
    assert "unseen by a person" in review.comment
    assert story(review) == ["OPENED", "DECIDED"]
    assert not LogEntry.objects.exists()
    assert roadmap.status == "QUEUED"
    assert courses.advance(roadmap).status == "GENERATING"


def test_a_score_below_waits_for_a_person(owner, settings):
    settings.AUTO_APPROVE_MIN_SCORE = 100
    assert courses.designed(owner).reviews.get().status == "PENDING"


def test_a_critical_issue_a_failed_edit_and_a_second_round_wait_for_a_person(review, settings):
    settings.AUTO_APPROVE_MIN_SCORE = 1
    assert is_good_enough(review)
    for name, value in (("open_critical", 1), ("round", 2)):
        before = getattr(review, name)
        setattr(review, name, value)
        assert not is_good_enough(review)
        setattr(review, name, before)
    review.draft.report["skipped"] = ["remove c9: there is no part 'c9'"]
    assert not is_good_enough(review)


def test_what_a_person_asked_for_a_person_checks(review, reviewer, settings):
    decide_review(review, "CHANGES_REQUESTED", by=reviewer, comment="Add rye")
    settings.AUTO_APPROVE_MIN_SCORE = 1
    assert courses.advance(review.roadmap).reviews.filter(status="PENDING", round=2).exists()


def test_a_worker_that_dies_while_deciding_leaves_no_review_half_decided(owner, settings, monkeypatch):
    settings.AUTO_APPROVE_MIN_SCORE = 1
    roadmap = courses.requested(owner)
    monkeypatch.setattr("roadmaps.dispatch.queue_workflow", lambda *_: 1 / 0)
    assert runs.advance(roadmap.pk, roadmap.run_id) == "FAILED"
    assert not Review.objects.exists()
    assert Roadmap.objects.get().status == "FAILED"
