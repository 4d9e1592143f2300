"""Receivers of signals: notices of decisions and ends, and the name of a person's row."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from accounts import notices
from accounts.models import NameLook, NoticeKind, Preferences
from roadmaps.models import Review, ReviewEventKind, Roadmap, RoadmapStatus
from roadmaps.people import names, time_zones
from roadmaps.review import history
from roadmaps.review.decisions import BY_STATUS
from roadmaps.signals import review_decided, roadmap_ended

ENDS = {
    RoadmapStatus.READY: NoticeKind.READY,
    RoadmapStatus.PARTIAL: NoticeKind.PARTIAL,
    RoadmapStatus.FAILED: NoticeKind.FAILED,
}


@receiver(review_decided)
def tell_of_decision(review: Review, **_: Any) -> None:
    kind = NoticeKind(BY_STATUS[review.status].notice)
    roadmap = Roadmap.objects.select_related("owner").get(pk=review.roadmap_id)
    notice = notices.tell(roadmap, kind, review.comment)
    if kind == NoticeKind.REJECTED and not (notice and notice.mail_due):
        place = "on their pages" if notice else "nowhere: they want to hear nothing"
        history.write(review, ReviewEventKind.LEARNER_TOLD, text=f"{place}, not by e-mail")
        Review.objects.filter(pk=review.pk).update(learner_told_at=Now())


@receiver(roadmap_ended)
def tell_of_end(roadmap: Roadmap, **_: Any) -> None:
    """Not of a cancel: a person has just done that."""
    kind = ENDS.get(RoadmapStatus(roadmap.status))
    if kind == NoticeKind.FAILED:
        notices.tell(roadmap, kind, roadmap.status_reason, roadmap.status_reason_source)
    elif kind:
        notices.tell(roadmap, kind)


@receiver(pre_save, sender=User)
def spell_name(instance: User, **_: Any) -> None:
    """Normalise the name of a new account, whether a form, a provider or a command makes it."""
    if instance._state.adding:
        instance.username = names.normalized(instance.username)


@receiver(post_save, sender=User)
def keep_look(instance: User, update_fields: Any = None, **_: Any) -> None:
    if update_fields is None or "username" in update_fields:
        NameLook.keep([instance])


@time_zones.source
def time_zone_of(user: Any) -> str:
    return Preferences.of(user).mail_time_zone
