"""Approval without a person, which an installation has to ask for by AUTO_APPROVE_MIN_SCORE."""

from typing import Any

from django.conf import settings
from django.dispatch import receiver

from roadmaps.models import DecidedHow, Review, ReviewStatus
from roadmaps.review.decisions import decide_review
from roadmaps.signals import review_opened


@receiver(review_opened)
def approve_what_is_good_enough(review: Review, **_: Any) -> None:
    """Approve in the transaction that opens the review: a dying worker leaves none half decided."""
    if is_good_enough(review):
        comment = (
            f"Score {score_of(review)}, no critical issue. "
            "Approved by AUTO_APPROVE_MIN_SCORE, unseen by a person."
        )
        decide_review(
            review, ReviewStatus.APPROVED, by=None, how=DecidedHow.SYSTEM, comment=comment
        )


def people_decide() -> bool:
    """Whether every plan is reviewed by a person, so that pages may promise it."""
    return settings.AUTO_APPROVE_MIN_SCORE is None


def is_good_enough(review: Review) -> bool:
    """Whether the score suffices, at the first look and with no edit that failed: a person checks
    the changes that a person has asked for.
    """
    least = settings.AUTO_APPROVE_MIN_SCORE
    if least is None or score_of(review) < least or review.open_critical or review.round > 1:
        return False
    return not review.draft.report.get("skipped")


def score_of(review: Review) -> int:
    """The score that decides: no better than the critic's who saw none of the learner's words.

    0 where that one was never asked, as for drafts of an earlier release or from before the
    setting.
    """
    blind: int = review.draft.report.get("approval_score", 0)
    return min(review.score, blind)
