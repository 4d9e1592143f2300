"""What accounts does when roadmaps calls."""

from typing import Any

from django.db.models.functions import Now
from django.dispatch import receiver

from accounts import notices
from accounts.models import NoticeKind
from roadmaps import inbox
from roadmaps.models import Review, ReviewEventKind, ReviewStatus, Roadmap, RoadmapStatus
from roadmaps.signals import review_decided, roadmap_ended

DECISIONS = {
    ReviewStatus.APPROVED: NoticeKind.APPROVED,
    ReviewStatus.CHANGES_REQUESTED: NoticeKind.CHANGES,
    ReviewStatus.REJECTED: NoticeKind.REJECTED,
}
ENDS = {
    RoadmapStatus.READY: NoticeKind.READY,
    RoadmapStatus.PARTIAL: NoticeKind.PARTIAL,
    RoadmapStatus.FAILED: NoticeKind.FAILED,
}


@receiver(review_decided)
def tell_of_decision(review: Review, **_: Any) -> None:
    kind = DECISIONS[ReviewStatus(review.status)]
    roadmap = Roadmap.objects.select_related("owner").get(pk=review.roadmap_id)
    notice = notices.tell(roadmap, kind, review.comment)
    if kind == NoticeKind.REJECTED and not (notice and notice.mail_due):
        told = "on their pages" if notice else "nowhere: they want to hear nothing"
        inbox.write(review, ReviewEventKind.LEARNER_TOLD, text=f"{told}, not by e-mail")
        Review.objects.filter(pk=review.pk).update(learner_told_at=Now())


@receiver(roadmap_ended)
def tell_of_end(roadmap: Roadmap, **_: Any) -> None:
    failed = roadmap.status == RoadmapStatus.FAILED
    reason = (roadmap.status_reason, roadmap.status_reason_source) if failed else ()
    notices.tell(roadmap, ENDS[RoadmapStatus(roadmap.status)], *reason)
