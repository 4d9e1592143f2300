"""What people ask for: the only functions that pages, the admin and commands call to change a
roadmap's course.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from roadmaps import progress, sentences
from roadmaps.engine import dispatch, leases
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import (
    DecidedHow,
    Review,
    ReviewEventKind,
    ReviewStatus,
    Roadmap,
    RoadmapStatus,
)
from roadmaps.models.activity import record_activity
from roadmaps.models.permissions import check_may_act
from roadmaps.plan import shape
from roadmaps.request import limits
from roadmaps.request.forms import RoadmapForm
from roadmaps.request.questions import clean_clarifications
from roadmaps.review import history
from roadmaps.review.desk import clean_comment, supersede, why_not
from roadmaps.review.reviewers import check_may_decide
from roadmaps.sentences import Sentence
from roadmaps.signals import content_taken_over, review_decided, roadmap_stopped

RETRYABLE = (RoadmapStatus.FAILED, RoadmapStatus.CANCELLED, RoadmapStatus.PARTIAL)
DECISIONS = (ReviewStatus.APPROVED, ReviewStatus.CHANGES_REQUESTED, ReviewStatus.REJECTED)


@transaction.atomic
def request_roadmap(
    *,
    owner: Any,
    goal: str,
    clarifications: Sequence[dict[str, str]] = (),
    thread_id: uuid.UUID | None = None,
    **preferences: Any,
) -> Roadmap:
    """A new roadmap whose design is queued; a second call with the same `thread_id` finds the
    first one's.

    Raises ValidationError with a message per field, or one that names what of this learner runs
    already.
    """
    form = RoadmapForm(RoadmapForm.defaults() | preferences | {"goal": goal})
    if not form.is_valid():
        raise ValidationError(dict(form.errors.as_data()))
    answered = clean_clarifications(clarifications)
    thread_id = thread_id or uuid.uuid4()
    limits.take_turn(owner)
    if made := Roadmap.objects.filter(owner=owner, thread_id=thread_id).first():
        return made
    limits.check_room(owner)
    roadmap = Roadmap.objects.create(
        owner=owner, thread_id=thread_id, clarifications=answered, **form.cleaned_data
    )
    dispatch.send_on_commit(dispatch.GENERATE, roadmap.pk, roadmap.run_id)
    progress.record(
        roadmap.pk, "requested", Sentence("The goal is stated; a worker will design the plan")
    )
    return roadmap


@transaction.atomic
def decide_review(
    review: Review,
    decision: str,
    *,
    by: User | None,
    comment: str = "",
    parts: Sequence[str] = (),
    how: DecidedHow | None = None,
    name: str = "",
) -> Review:
    """Record the decision and send the workflow on.

    `by` None is the command line, unless `how` and `name` say who.

    `parts` are ids of the draft's parts that requested changes are about. The claim of a colleague
    doesn't stop a decision; the history says that it was there. Raises PermissionDenied,
    ValidationError (comment missing, unknown decision or part), InvalidTransition (already
    decided, or somebody has edited the plan since `review` was read).
    """
    comment, named = _checked(review, decision, by, comment, parts)
    # The roadmap first, as in cancel_run: the same order of locks rules out a deadlock.
    roadmap = Roadmap.objects.select_for_update().get(pk=review.roadmap_id)
    claims = Review.objects.pending().claimed_by_other_than(by).filter(pk=review.pk)
    claimed_by = claims.values_list("claimed_by__username", flat=True).first() or ""
    how = how or (DecidedHow.PERSON if by else DecidedHow.COMMAND_LINE)
    decided = {
        "status": decision,
        "comment": comment,
        "parts": named,
        "decided_by": by,
        "decided_at": Now(),
    }
    who = {
        "decided_how": how,
        "decided_as": by.get_username() if by else name,
        "claimed_until": None,
    }
    seen = Review.objects.pending().filter(pk=review.pk, draft=review.draft_id)
    if not seen.update(**decided, **who, claimed_by=None):
        raise InvalidTransition(_why_undecided(Review.objects.get(pk=review.pk)))
    _send_on(roadmap, decision, comment)
    review.refresh_from_db()
    _tell_of_decision(review, claimed_by)
    review_decided.send(sender=Review, review=review)
    return review


def _checked(
    review: Review, decision: str, by: User | None, comment: str, parts: Sequence[str]
) -> tuple[str, list[str]]:
    if by is not None:
        check_may_decide(by, review.roadmap)
    if decision not in DECISIONS:
        raise ValidationError(
            {"decision": f"Unknown decision {decision!r}; one of {', '.join(DECISIONS)}."}
        )
    needed = (
        ""
        if decision == ReviewStatus.APPROVED
        else "Say what should change, or why it is rejected."
    )
    named = list(dict.fromkeys(parts)) if decision == ReviewStatus.CHANGES_REQUESTED else []
    if named and (
        unknown := set(named) - {part["id"] for part, _ in shape.parts(review.draft.plan)}
    ):
        raise ValidationError({"parts": f"The plan has no part {', '.join(sorted(unknown))}."})
    return clean_comment(comment, needed=needed), named


def _why_undecided(review: Review) -> str:
    if review.status == ReviewStatus.PENDING:
        return f"Nothing was decided: since you opened it, {review.draft.told()}. Look at that one first."
    return why_not(review)


def _send_on(roadmap: Roadmap, decision: str, comment: str) -> None:
    if decision == ReviewStatus.REJECTED and roadmap.is_changing:
        Roadmap.objects.filter(pk=roadmap.pk).keep_course()
    elif decision == ReviewStatus.REJECTED:
        roadmap.transition(RoadmapStatus.REJECTED, status_reason=comment[:1000])
    else:
        dispatch.queue_workflow(roadmap, dispatch.AFTER_REVIEW)


def _tell_of_decision(review: Review, claimed_by: str) -> None:
    """The history, the learner's page, the admin's log."""
    told = Sentence(
        "%(decided)s by %(who)s", decided=Sentence(review.get_status_display()), who=review.decider
    )
    facts = {
        "decision": review.status,
        "how": review.decided_how,
        "parts": review.parts,
        "claimed_by": claimed_by,
    }
    history.write(
        review,
        ReviewEventKind.DECIDED,
        by=review.decided_by,
        name=review.decider,
        text=review.comment,
        **facts,
    )
    progress.record(review.roadmap_id, "review_decided", told, decision=review.status)
    message = f"{told}: {review.comment}" if review.comment else str(told)
    record_activity(review.decided_by, review.roadmap, review, message)


@transaction.atomic
def retry_run(roadmap: Roadmap, *, by: User | None = None) -> Roadmap:
    """Go on from where a failed, cancelled or partly finished roadmap stands.

    Raises PermissionDenied, InvalidTransition, and ValidationError when its learner retries while
    as much runs as may.
    """
    if by is not None:
        check_may_act(by, roadmap)
    if by is not None and by.pk == roadmap.owner_id:
        limits.take_turn(by)
        limits.check_room(by)
    content_taken_over.send(sender=Roadmap, roadmap=roadmap)
    roadmap = Roadmap.objects.select_for_update().get(pk=roadmap.pk)
    if roadmap.status not in RETRYABLE:
        told = _("“%(roadmap)s” is %(now)s: there is nothing to retry.")
        raise InvalidTransition(told % {"roadmap": roadmap, "now": roadmap.status_word})
    if roadmap.concepts.exists() and not roadmap.is_changing:
        dispatch.queue_content(roadmap)
    else:
        dispatch.queue_workflow(roadmap, dispatch.FROM_CHECKPOINT)
    message = Sentence("Retried by %(who)s", who=_name(by))
    progress.record(roadmap.pk, "retried", message)
    record_activity(by, roadmap, roadmap, message)
    return roadmap


@transaction.atomic
def cancel_run(roadmap: Roadmap, *, by: User | None) -> Roadmap:
    """Stop it in whatever state it is; nothing is written afterwards.

    A change of a course ends with the old course.

    Raises PermissionDenied, InvalidTransition.
    """
    if by is not None:
        check_may_act(by, roadmap)
    leases.revoke(roadmap.pk)
    if Roadmap.objects.filter(pk=roadmap.pk).keep_course():
        roadmap.refresh_from_db()
        told = Sentence(
            "The change was cancelled by %(who)s; the course is as it was", who=_name(by)
        )
    else:
        reason = Sentence("Cancelled by %(who)s.", who=_name(by))
        roadmap.transition(RoadmapStatus.CANCELLED, **sentences.columns("status_reason", reason))
        told = Sentence("Cancelled by %(who)s", who=_name(by))
    supersede(roadmap.reviews.pending(), by)
    roadmap_stopped.send(sender=Roadmap, roadmap=roadmap)
    progress.record(roadmap.pk, "cancelled", told, level="warning")
    record_activity(by, roadmap, roadmap, told)
    return roadmap


def _name(by: User | None) -> str:
    return by.get_username() if by else Sentence("the command line")
