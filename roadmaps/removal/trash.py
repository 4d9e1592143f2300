"""Trash: what an owner throws away can be restored for TRASH_DAYS, then it is deleted."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from roadmaps import progress
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import TRANSITIONS, Roadmap, RoadmapStatus
from roadmaps.removal import erasure
from roadmaps.runs.control import cancel_run
from roadmaps.sentences import Sentence


@transaction.atomic
def move_to_trash(roadmap: Roadmap, *, by: User) -> Roadmap:
    """The roadmap, in the trash; its run is cancelled first.

    Raises InvalidTransition: it is there already.
    """
    # The leases before the row: the order of locks of `roadmaps.engine`.
    erasure.withdraw([roadmap])
    roadmap = Roadmap.objects.select_for_update().get(pk=roadmap.pk)
    if roadmap.status in TRANSITIONS[RoadmapStatus.CANCELLED]:
        cancel_run(roadmap, by=by)
    if not Roadmap.objects.kept().filter(pk=roadmap.pk).update(deleted_at=Now()):
        raise InvalidTransition(_("“%(roadmap)s” is in the trash already.") % {"roadmap": roadmap})
    progress.record(
        roadmap.pk,
        "trashed",
        Sentence("Moved to the trash by %(who)s", who=by.get_username()),
        level="warning",
    )
    return roadmap


def restore(roadmap: Roadmap, *, by: User) -> Roadmap:
    """The roadmap, out of the trash. Raises InvalidTransition: it is not in the trash."""
    if not Roadmap.objects.trashed().filter(pk=roadmap.pk).update(deleted_at=None):
        raise InvalidTransition(_("“%(roadmap)s” is not in the trash.") % {"roadmap": roadmap})
    progress.record(
        roadmap.pk,
        "restored",
        Sentence("Restored from the trash by %(who)s", who=by.get_username()),
    )
    return roadmap


def delete_for_good(roadmap: Roadmap) -> None:
    """Erasure of a roadmap in the trash.

    Raises InvalidTransition: it is not in the trash, so nobody meant to delete it.
    """
    if not erasure.erase(Roadmap.objects.trashed().filter(pk=roadmap.pk)):
        raise InvalidTransition(_("“%(roadmap)s” is not in the trash.") % {"roadmap": roadmap})


def days_left(roadmap: Roadmap) -> int:
    """Whole days until `prune` takes it, the begun one counted."""
    assert roadmap.deleted_at is not None
    remaining = roadmap.deleted_at + timedelta(days=settings.TRASH_DAYS) - timezone.now()
    return max(0, -(-remaining // timedelta(days=1)))
