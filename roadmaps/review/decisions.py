"""Decisions of reviews: which there are, and the one service that records them.

The buttons of both review pages, the actions of the inbox, their keys, the notices, the charts and
what the workflow does next follow from the rows of DECISIONS. What can't follow from them is
compared with them in tests/review/test_decisions.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

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


class Then(Enum):
    """The effect of a decision on the roadmap."""

    PUBLISH = "the workflow ends, and the plan becomes a course"
    EDIT = "the workflow changes the plan, and opens another review"
    END = "the workflow stops; a course whose plan was to change stays as it was"


@dataclass(frozen=True)
class Decision:
    status: ReviewStatus
    name: str  # in addresses and in the names of the inbox's actions
    verb: str  # on buttons
    key: str  # which leads to its button on the review page
    needs_comment: bool
    then: Then
    notice: str  # the kind of notice that the owner gets
    thanks: str  # to an expert who decides with a link
    colour: str  # of Unfold's palette
    look: str = ""  # of its button on the review page, a class name


DECISIONS = (
    Decision(
        ReviewStatus.APPROVED,
        name="approve",
        verb=gettext_noop("Approve"),
        key="a",
        needs_comment=False,
        then=Then.PUBLISH,
        notice="APPROVED",
        thanks=gettext_noop("Approved. Thank you."),
        colour="green-600",
        look="good",
    ),
    Decision(
        ReviewStatus.CHANGES_REQUESTED,
        name="request_changes",
        verb=gettext_noop("Request changes"),
        key="q",
        needs_comment=True,
        then=Then.EDIT,
        notice="CHANGES",
        thanks=gettext_noop("Changes requested. The next version will be here, at the same link."),
        colour="blue-500",
    ),
    Decision(
        ReviewStatus.REJECTED,
        name="reject",
        verb=gettext_noop("Reject for good"),
        key="x",
        needs_comment=True,
        then=Then.END,
        notice="REJECTED",
        thanks=gettext_noop("Rejected. Thank you for looking at it."),
        colour="red-500",
        look="bad",
    ),
)
BY_STATUS: dict[str, Decision] = {decision.status: decision for decision in DECISIONS}
# Statuses of reviews that the workflow has gone on from.
GOES_ON = (Then.PUBLISH, Then.EDIT)
RESUMING = [decision.status for decision in DECISIONS if decision.then in GOES_ON]
NO_DRAFT = "Nothing was decided: it wasn't said which draft was seen. Open the page again."
COMMENT_NEEDED = "Say what should change, or why it is rejected."


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
    decided, or somebody has edited the plan since `review` was read, or it names no draft).
    """
    if by is not None:
        check_may_decide(by, review.roadmap)
    if review.draft_id is None:
        raise InvalidTransition(NO_DRAFT)
    if decision not in BY_STATUS:
        choices = ", ".join(BY_STATUS)
        raise ValidationError({"decision": f"Unknown decision {decision!r}; one of {choices}."})
    row = BY_STATUS[decision]
    part_ids: list[str] = []
    if row.then == Then.EDIT:
        part_ids = list(dict.fromkeys(parts))
        unknown = set(part_ids) - {part["id"] for part, _ in shape.parts(review.draft.plan)}
        if unknown:
            raise ValidationError({"parts": f"The plan has no part {', '.join(sorted(unknown))}."})
    comment = clean_comment(comment, needed=COMMENT_NEEDED if row.needs_comment else "")

    # The roadmap before the review: the order of locks of `roadmaps.engine`.
    roadmap = Roadmap.objects.select_for_update().get(pk=review.roadmap_id)
    claims = Review.objects.pending().claimed_by_other_than(by).filter(pk=review.pk)
    claimed_by = claims.values_list("claimed_by__username", flat=True).first() or ""
    if how is None:
        how = DecidedHow.PERSON if by else DecidedHow.COMMAND_LINE
    as_read = Review.objects.pending().filter(pk=review.pk, draft=review.draft_id)
    decided = as_read.update(
        status=decision,
        comment=comment,
        parts=part_ids,
        decided_by=by,
        decided_at=Now(),
        decided_how=how,
        decided_as=by.get_username() if by else name,
        claimed_by=None,
        claimed_until=None,
    )
    if not decided:
        current = Review.objects.get(pk=review.pk)
        if current.status != ReviewStatus.PENDING:
            raise InvalidTransition(why_not(current))
        raise InvalidTransition(
            f"Nothing was decided: since you opened it, {current.draft.told()}. "
            "Look at that one first."
        )

    match row.then:
        case Then.PUBLISH | Then.EDIT:
            dispatch.queue_workflow(roadmap, dispatch.AFTER_REVIEW)
        case Then.END if roadmap.is_changing:
            Roadmap.objects.filter(pk=roadmap.pk).keep_course()
        case Then.END:
            roadmap.transition(RoadmapStatus.REJECTED, status_reason=comment[:1000])
        case _:
            assert_never(row.then)

    review.refresh_from_db()
    _record(review, claimed_by)
    review_decided.send(sender=Review, review=review)
    return review


def _record(review: Review, claimed_by: str) -> None:
    """Write the decision to the history, the learner's page and the admin's log."""
    status = Sentence(review.get_status_display())
    message = Sentence("%(decided)s by %(who)s", decided=status, who=review.decider)
    history.write(
        review,
        ReviewEventKind.DECIDED,
        by=review.decided_by,
        name=review.decider,
        text=review.comment,
        decision=review.status,
        how=review.decided_how,
        parts=review.parts,
        claimed_by=claimed_by,
    )
    progress.record(review.roadmap_id, "review_decided", message, decision=review.status)
    activity = str(message)
    if review.comment:
        activity = f"{message}: {review.comment}"
    record_activity(review.decided_by, review.roadmap, review, activity)
