"""Decisions of reviews: recorded once, in the reviewer's name, and the workflow is sent on."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from roadmaps import progress
from roadmaps.engine import dispatch
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
from roadmaps.plan import shape
from roadmaps.review import history
from roadmaps.review.desk import clean_comment, why_not
from roadmaps.review.reviewers import check_may_decide
from roadmaps.sentences import Sentence
from roadmaps.signals import review_decided

DECISIONS = (ReviewStatus.APPROVED, ReviewStatus.CHANGES_REQUESTED, ReviewStatus.REJECTED)


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
    # The roadmap before the review: the order of locks of `roadmaps.engine`.
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
