"""What people ask for: the only functions that pages, the admin and commands call to change a roadmap's course."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from roadmaps import dispatch, leases, progress
from roadmaps.exceptions import InvalidTransition
from roadmaps.forms import RoadmapForm
from roadmaps.models import Review, ReviewStatus, Roadmap, RoadmapStatus
from roadmaps.signals import roadmap_stopped

RETRYABLE = (RoadmapStatus.FAILED, RoadmapStatus.CANCELLED, RoadmapStatus.PARTIAL)
DECISIONS = (ReviewStatus.APPROVED, ReviewStatus.CHANGES_REQUESTED, ReviewStatus.REJECTED)


@transaction.atomic
def request_roadmap(*, owner: Any, goal: str, **preferences: Any) -> Roadmap:
    """A new roadmap whose design is queued. Raises ValidationError with a message per field."""
    form = RoadmapForm(RoadmapForm.defaults() | preferences | {"goal": goal})
    if not form.is_valid():
        raise ValidationError(dict(form.errors.as_data()))
    roadmap = Roadmap.objects.create(owner=owner, **form.cleaned_data)
    dispatch.send_on_commit(dispatch.GENERATE, roadmap.pk, roadmap.run_id)
    progress.record(roadmap.pk, "requested", "The goal is stated; a worker will design the plan")
    return roadmap


@transaction.atomic
def decide_review(review: Review, decision: str, *, by: User | None, comment: str = "") -> Review:
    """Record the decision and send the workflow on. `by` None is the command line.

    Raises PermissionDenied, ValidationError (comment missing, unknown decision), InvalidTransition (already decided).
    """
    comment = _checked(decision, by, comment)
    # The roadmap first, as in cancel_run: the same order of locks rules out a deadlock.
    roadmap = Roadmap.objects.select_for_update().get(pk=review.roadmap_id)
    decided = Review.objects.pending().filter(pk=review.pk)
    if not decided.update(status=decision, comment=comment, decided_by=by, decided_at=timezone.now()):
        raise InvalidTransition(_who_decided(Review.objects.select_related("decided_by").get(pk=review.pk)))
    _send_on(roadmap, decision, comment)
    who = by.get_username() if by else "the command line"
    progress.record(roadmap.pk, "review_decided", f"{ReviewStatus(decision).label} by {who}", decision=decision)
    review.refresh_from_db()
    return review


def _checked(decision: str, by: User | None, comment: str) -> str:
    if by is not None and not by.has_perm("roadmaps.decide_review"):
        raise PermissionDenied("You may look at reviews, but not decide them.")
    if decision not in DECISIONS:
        raise ValidationError({"decision": f"Unknown decision {decision!r}; one of {', '.join(DECISIONS)}."})
    comment = comment.strip().replace("\x00", "")
    if decision != ReviewStatus.APPROVED and not comment:
        raise ValidationError({"comment": "Say what should change, or why it is rejected."})
    if len(comment) > 5000:
        raise ValidationError({"comment": "At most 5000 characters."})
    return comment


def _who_decided(review: Review) -> str:
    if review.status == ReviewStatus.SUPERSEDED or review.decided_at is None:
        return "This review is no longer open: its roadmap was cancelled or has moved on."
    who = review.decided_by.get_username() if review.decided_by else "the command line"
    when = f"{review.decided_at:%Y-%m-%d %H:%M} UTC"
    return f"This review was already decided: {review.get_status_display().lower()} by {who}, {when}."


def _send_on(roadmap: Roadmap, decision: str, comment: str) -> None:
    if decision == ReviewStatus.REJECTED:
        roadmap.transition(RoadmapStatus.REJECTED, status_reason=comment[:1000])
    else:
        dispatch.queue_workflow(roadmap, dispatch.AFTER_REVIEW)


@transaction.atomic
def retry_run(roadmap: Roadmap, *, by: User | None = None) -> Roadmap:
    """Go on from where a failed, cancelled or partly finished roadmap stands. Raises InvalidTransition."""
    roadmap = Roadmap.objects.select_for_update().get(pk=roadmap.pk)
    if roadmap.status not in RETRYABLE:
        state = roadmap.get_status_display().lower()
        raise InvalidTransition(f"“{roadmap}” is {state}: there is nothing to retry.")
    if roadmap.concepts.exists():
        dispatch.queue_content(roadmap)
    else:
        dispatch.queue_workflow(roadmap, dispatch.FROM_CHECKPOINT)
    progress.record(roadmap.pk, "retried", f"Retried by {_name(by)}")
    return roadmap


@transaction.atomic
def cancel_run(roadmap: Roadmap, *, by: User | None) -> Roadmap:
    """Stop it in whatever state it is; nothing is written afterwards. Raises InvalidTransition."""
    leases.revoke(roadmap.pk)
    roadmap.transition(RoadmapStatus.CANCELLED, status_reason=f"Cancelled by {_name(by)}.")
    roadmap.reviews.pending().update(status=ReviewStatus.SUPERSEDED)
    roadmap_stopped.send(sender=Roadmap, roadmap=roadmap)
    progress.record(roadmap.pk, "cancelled", f"Cancelled by {_name(by)}", level="warning")
    return roadmap


def _name(by: User | None) -> str:
    return by.get_username() if by else "the command line"
