"""Decisions: who may, who was faster, and what is kept of them."""

import threading

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import DecidedHow, Roadmap
from roadmaps.review.desk import claim_review
from roadmaps.services import cancel_run, decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


def refused(error, *args, match, **kwargs):
    with pytest.raises(error, match=match):
        decide_review(*args, **kwargs)


def test_a_decision_is_kept_in_the_review_its_history_and_the_admin_log(review, reviewer, story):
    decide_review(review, "REJECTED", by=reviewer, comment="Not for us")
    assert (review.decided_how, review.decider) == ("PERSON", "reviewer")
    assert story(review) == [
        "OPENED",
        "DECIDED",
        "LEARNER_TOLD",
    ]  # on their pages: there is no address
    decided = review.events.get(kind="DECIDED")
    assert (decided.actor_name, decided.text, decided.data["decision"]) == (
        "reviewer",
        "Not for us",
        "REJECTED",
    )
    logged = LogEntry.objects.get()
    assert (logged.user, logged.object_id) == (reviewer, str(review.pk))
    assert "Rejected by reviewer: Not for us" in logged.change_message


def test_the_decider_is_named_even_when_the_user_is_gone(review, reviewer):
    decide_review(review, "APPROVED", by=reviewer)
    reviewer.delete()
    review.refresh_from_db()
    assert (review.decided_by, review.decider) == (None, "reviewer")


@pytest.mark.parametrize(
    ("how", "name", "said"),
    [
        (None, "", "approved by the command line, "),
        (DecidedHow.SYSTEM, "", "approved by the system, "),
        (DecidedHow.EXPERT, "Dr. Rye", "approved by the expert Dr. Rye, "),
    ],
)
def test_the_second_is_told_who_decided_what_and_when(review, reviewer, how, name, said):
    decide_review(review, "APPROVED", by=None, how=how, name=name)
    refused(
        InvalidTransition,
        review,
        "REJECTED",
        by=reviewer,
        comment="No",
        match=f"already decided: {said}20.* UTC",
    )


def test_a_superseded_draft_is_not_decided(review, reviewer, operator, story):
    cancel_run(review.roadmap, by=operator)
    refused(
        InvalidTransition,
        review,
        "APPROVED",
        by=reviewer,
        match="no longer open: its roadmap was cancelled",
    )
    assert story(review) == ["OPENED", "SUPERSEDED"]


def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told(review, reviewer, colleague):
    told = []

    def decide(person, decision):
        try:
            decide_review(review, decision, by=person, comment="Mine")
            told.append("decided")
        except InvalidTransition as exc:
            told.append(str(exc))
        finally:
            connection.close()

    both = [
        threading.Thread(target=decide, args=pair)
        for pair in ((reviewer, "APPROVED"), (colleague, "REJECTED"))
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(text == "decided" for text in told) == [False, True]
    review.refresh_from_db()
    assert any(
        f"already decided: {review.get_status_display().lower()} by {review.decider}" in text
        for text in told
    )
    assert review.events.filter(kind="DECIDED").count() == 1


def test_only_who_may_decide_decides(review, owner):
    admin = User.objects.create_superuser("admin")
    for person in (
        owner,
        courses.person("stranger"),
        courses.person("looker", "view_review", staff=True),
    ):
        refused(
            PermissionDenied,
            review,
            "APPROVED",
            by=person,
            match="may look at reviews, but not decide",
        )
    assert Roadmap.objects.get().status == "AWAITING_REVIEW"
    decide_review(review, "APPROVED", by=admin)


def test_nobody_decides_on_their_own_request_unless_a_setting_allows_it(reviewer, settings):
    own = courses.designed(reviewer).reviews.get()
    refused(PermissionDenied, own, "APPROVED", by=reviewer, match="your own request")
    settings.REVIEWERS_MAY_DECIDE_OWN = True
    decide_review(own, "APPROVED", by=reviewer)


def test_the_first_admin_alone_can_finish_their_own_course():
    admin = User.objects.create_superuser("admin")
    decide_review(courses.designed(admin).reviews.get(), "APPROVED", by=admin)


def test_a_claim_stops_no_decision_but_the_history_names_it(review, reviewer, colleague):
    claim_review(review, by=colleague)
    decide_review(review, "APPROVED", by=reviewer)
    assert review.events.last().data["claimed_by"] == "colleague"
    assert review.claimed_by is None


def test_requested_changes_may_point_at_parts_and_reach_the_edit(review, reviewer):
    concept = review.draft.plan["stages"][1]["modules"][0]["concepts"][0]
    refused(
        ValidationError,
        review,
        "CHANGES_REQUESTED",
        by=reviewer,
        comment="No",
        parts=["c999"],
        match="no part c999",
    )
    decide_review(
        review,
        "CHANGES_REQUESTED",
        by=reviewer,
        comment="Too short",
        parts=[concept["id"], concept["id"]],
    )
    assert review.parts == [concept["id"]]
    second = courses.advance(review.roadmap).reviews.pending().get()
    assert second.round == 2
    assert second.draft.operations[0]["target"] == concept["id"]


def test_an_approval_points_at_nothing(review, reviewer):
    decide_review(review, "APPROVED", by=reviewer, parts=["c999"])
    assert review.parts == []
