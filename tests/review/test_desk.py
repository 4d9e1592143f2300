"""Assign, claim, comment: what colleagues see of each other."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Review
from roadmaps.review import reviewers
from roadmaps.review.desk import assign_review, claim_review, comment_review, release_review
from roadmaps.services import decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_claim_is_seen_by_others_and_a_second_is_refused_with_who_and_until_when(
    review, reviewer, colleague, story
):
    claim_review(review, by=reviewer)
    assert 14 < (review.claimed_until - timezone.now()).total_seconds() / 60 <= 15
    with pytest.raises(InvalidTransition, match=r"reviewer is reviewing it, until \d\d:\d\d UTC"):
        claim_review(review, by=colleague)
    assert story(review) == ["OPENED", "CLAIMED"]


def test_a_claim_goes_on_quietly_expires_and_can_be_given_back(review, reviewer, colleague, story):
    claim_review(review, by=reviewer)
    claim_review(review, by=reviewer)
    Review.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    claim_review(review, by=colleague)
    with pytest.raises(InvalidTransition, match="colleague is reviewing it"):
        release_review(review, by=reviewer)
    release_review(review, by=colleague)
    with pytest.raises(InvalidTransition, match="Nobody is reviewing it"):
        release_review(review, by=colleague)
    assert story(review) == ["OPENED", "CLAIMED", "CLAIMED", "RELEASED"]


def test_a_review_is_assigned_to_who_may_decide_or_to_nobody(review, reviewer, colleague, owner):
    assert assign_review(review, colleague, by=reviewer).assigned_to == colleague
    with pytest.raises(ValidationError, match="Only somebody who may decide"):
        assign_review(review, owner, by=reviewer)
    assert assign_review(review, None, by=reviewer).assigned_to is None
    assert list(review.events.filter(kind="ASSIGNED").values_list("text", flat=True)) == [
        "to colleague",
        "to nobody",
    ]


def test_what_is_decided_is_neither_claimed_nor_assigned_but_may_be_commented(
    review, reviewer, colleague
):
    decide_review(review, "APPROVED", by=colleague)
    for act in (
        lambda: claim_review(review, by=reviewer),
        lambda: assign_review(review, reviewer, by=reviewer),
    ):
        with pytest.raises(InvalidTransition, match="already decided: approved by colleague"):
            act()
    comment_review(review, "  Well done \x00", by=reviewer)
    assert review.events.last().text == "Well done"


@pytest.mark.parametrize("text", ["", "   ", "x" * 5001])
def test_a_comment_says_something_and_not_too_much(review, reviewer, text):
    with pytest.raises(ValidationError):
        comment_review(review, text, by=reviewer)


def test_who_may_only_look_does_none_of_it(review, reviewer):
    looker = courses.person("looker", "view_review", staff=True)
    claim_review(review, by=reviewer)
    for act in (
        lambda: claim_review(review, by=looker),
        lambda: release_review(review, by=looker),
        lambda: assign_review(review, reviewer, by=looker),
        lambda: comment_review(review, "Hm", by=looker),
    ):
        with pytest.raises(PermissionDenied):
            act()
    review.refresh_from_db()
    assert (review.claimed_by, review.assigned_to) == (reviewer, None)


def test_reviewers_have_the_right_by_themselves_by_a_group_or_are_superusers():
    right = Permission.objects.get(codename="decide_review")
    group = Group.objects.create(name="Readers of plans")
    group.permissions.add(right)
    by_group, twice, gone = (courses.person(name) for name in ("by-group", "twice", "gone"))
    for user in (by_group, twice, gone):
        user.groups.add(group)
    twice.user_permissions.add(right)
    courses.person("by-right", "decide_review")
    courses.person("no-right", "view_review", staff=True)
    User.objects.create_superuser("root")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    names = list(reviewers.reviewers().values_list("username", flat=True))
    assert names == ["by-group", "by-right", "root", "twice"]
