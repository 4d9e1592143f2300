"""Control of runs by people: retry after a failure, and cancel."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from roadmaps import progress, sentences
from roadmaps.engine import dispatch, leases
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Roadmap, RoadmapStatus
from roadmaps.models.activity import record_activity
from roadmaps.models.permissions import check_may_act
from roadmaps.people import names
from roadmaps.request import limits
from roadmaps.review.desk import supersede
from roadmaps.sentences import Sentence
from roadmaps.signals import content_taken_over, roadmap_ended

RETRYABLE = (RoadmapStatus.FAILED, RoadmapStatus.CANCELLED, RoadmapStatus.PARTIAL)


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
        refusal = _("“%(roadmap)s” is %(now)s: there is nothing to retry.")
        raise InvalidTransition(refusal % {"roadmap": roadmap, "now": roadmap.status_word})
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
    """Stop the roadmap in whatever state it is; nothing is written afterwards.

    A change of a course ends with the old course.

    Raises PermissionDenied, InvalidTransition.
    """
    if by is not None:
        check_may_act(by, roadmap)
    leases.revoke(roadmap.pk)
    if Roadmap.objects.filter(pk=roadmap.pk).keep_course():
        roadmap.refresh_from_db()
        message = Sentence(
            "The change was cancelled by %(who)s; the course is as it was", who=_name(by)
        )
    else:
        reason = Sentence("Cancelled by %(who)s.", who=_name(by))
        roadmap.transition(RoadmapStatus.CANCELLED, **sentences.columns("status_reason", reason))
        message = Sentence("Cancelled by %(who)s", who=_name(by))
    supersede(roadmap.reviews.pending(), by)
    if roadmap.status == RoadmapStatus.CANCELLED:
        roadmap_ended.send(sender=Roadmap, roadmap=roadmap)
    progress.record(roadmap.pk, "cancelled", message, level="warning")
    record_activity(by, roadmap, roadmap, message)
    return roadmap


def _name(by: User | None) -> str:
    return names.public(by.get_username()) if by else Sentence("the command line")
