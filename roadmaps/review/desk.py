"""Assignments, claims and comments of reviewers around a decision.

A claim tells colleagues; it locks nobody out.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Review, ReviewEventKind, ReviewQuerySet, ReviewStatus
from roadmaps.models.activity import record_activity
from roadmaps.people import time_zones
from roadmaps.review import history
from roadmaps.review.reviewers import check_reviewer, who_may_decide

COMMENT_MAX = 5000  # characters


@transaction.atomic
def assign_review(review: Review, to: User | None, *, by: User) -> Review:
    """Assign the review to somebody, or to nobody.

    Raises PermissionDenied, ValidationError, InvalidTransition.
    """
    check_reviewer(by)
    if to is not None and not who_may_decide(review.roadmap).filter(pk=to.pk).exists():
        # Without the name: a number in a form must not tell whose it is.
        raise ValidationError({"to": "Only somebody who may decide this review can be assigned."})
    _change_pending(review, Q(), assigned_to=to)
    text = f"to {to.get_username()}" if to else "to nobody"
    history.write(review, ReviewEventKind.ASSIGNED, by=by, text=text)
    record_activity(by, review.roadmap, review, f"Assigned {text}")
    return review


@transaction.atomic
def claim_review(review: Review, *, by: User) -> Review:
    """Show colleagues for REVIEW_CLAIM_MINUTES that `by` is reviewing; a second claim extends it.

    Raises PermissionDenied, InvalidTransition: decided, or claimed by somebody else.
    """
    check_reviewer(by)
    goes_on = Review.objects.filter(pk=review.pk, claimed_by=by, claimed_until__gt=Now()).exists()
    free = Q(claimed_by=None) | Q(claimed_by=by) | Q(claimed_until__lte=Now())
    until = Now() + timedelta(minutes=settings.REVIEW_CLAIM_MINUTES)
    _change_pending(review, free, claimed_by=by, claimed_until=until)
    if not goes_on:
        history.write(review, ReviewEventKind.CLAIMED, by=by)
        record_activity(by, review.roadmap, review, "Claimed")
    return review


@transaction.atomic
def release_review(review: Review, *, by: User) -> Review:
    """Give a claim back. Raises PermissionDenied, InvalidTransition: it isn't claimed by `by`."""
    check_reviewer(by)
    _change_pending(review, Q(claimed_by=by), claimed_by=None, claimed_until=None)
    history.write(review, ReviewEventKind.RELEASED, by=by)
    record_activity(by, review.roadmap, review, "Released")
    return review


@transaction.atomic
def comment_review(review: Review, text: str, *, by: User, to_experts: bool = False) -> Review:
    """Say something to colleagues without deciding, before or after the decision.

    Experts with a link read it only when `to_experts`. Raises PermissionDenied, ValidationError.
    """
    check_reviewer(by)
    data: dict[str, Any] = {}
    if to_experts:
        data["to_experts"] = True
    history.write(review, ReviewEventKind.COMMENTED, by=by, text=clean_comment(text), **data)
    record_activity(by, review.roadmap, review, "Commented")
    return review


def clean_comment(text: str, *, needed: str = "Write a comment first.") -> str:
    """The comment without what a column can't hold and without spaces around it.

    Raises ValidationError: too long, or empty although `needed` says why it must not be.
    """
    text = text.replace("\x00", "").strip()
    if needed and not text:
        raise ValidationError({"comment": needed})
    if len(text) > COMMENT_MAX:
        raise ValidationError({"comment": f"At most {COMMENT_MAX} characters."})
    return text


def _change_pending(review: Review, condition: Q, **fields: object) -> None:
    changed = Review.objects.pending().filter(condition, pk=review.pk).update(**fields)
    review.refresh_from_db()
    if not changed:
        raise InvalidTransition(why_not(review))


def why_not(review: Review) -> str:
    """The reason why a review can't be changed: who decided it and when, or who is reviewing it and
    until when.
    """
    if review.status == ReviewStatus.PENDING:
        return review.claim_in_words() or "Nobody is reviewing it."
    if review.status == ReviewStatus.SUPERSEDED or review.decided_at is None:
        return "This review is no longer open: its roadmap was cancelled or has moved on."
    state = review.get_status_display().lower()
    when = time_zones.in_words(review.decided_at)
    return f"This review was already decided: {state} by {review.decider}, {when}."


def refuse_if_claimed(review: Review, by: User) -> None:
    """Raise InvalidTransition for a claimed review that is to be decided in bulk.

    A person who decides in bulk has not seen the claim.
    """
    if Review.objects.pending().claimed_by_other_than(by).filter(pk=review.pk).exists():
        review.refresh_from_db()
        raise InvalidTransition(review.claim_in_words())


def supersede(reviews: ReviewQuerySet, by: User | None) -> None:
    """Close reviews whose draft is no longer the plan; called inside the transaction that makes it
    so.
    """
    for review in reviews.select_for_update(of=("self",)):
        Review.objects.filter(pk=review.pk).update(
            status=ReviewStatus.SUPERSEDED, claimed_by=None, claimed_until=None
        )
        history.write(review, ReviewEventKind.SUPERSEDED, by=by, name="the command line")
