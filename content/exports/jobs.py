"""Exports that a worker writes: requested, written, sent again when lost, and deleted.

One at a time of each person: the others of theirs wait in line, and whichever ends sends the next.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from content.exports import FORMATS, ExportImpossible
from content.models import Export, ExportQuerySet, ExportStatus
from roadmaps import sentences
from roadmaps.engine import dispatch, leases
from roadmaps.engine.driving import drive
from roadmaps.engine.recovery import Recoverable
from roadmaps.exceptions import LeaseLost
from roadmaps.models import Lease, Roadmap
from roadmaps.people import time_zones
from roadmaps.request import limits
from roadmaps.sentences import Sentence

if TYPE_CHECKING:
    from content.exports.document import Course

logger = logging.getLogger(__name__)

TASK = "exports.write_export"
BROKEN = Sentence("The file could not be written; the worker's log has the details.")


@transaction.atomic
def ask_for_export(roadmap: Roadmap, format: str, *, by: User) -> Export:
    """The export, written anew; one that is being written already goes on."""
    limits.take_turn(by)
    expires = timezone.now() + timedelta(days=settings.EXPORT_KEEP_DAYS)
    export, created = Export.objects.without_file().get_or_create(
        roadmap=roadmap, owner=by, format=format, defaults={"expires_at": expires}
    )
    ended = Export.objects.filter(
        pk=export.pk, status__in=[ExportStatus.READY, ExportStatus.FAILED]
    )
    if created or ended.update(
        status=ExportStatus.PENDING,
        progress=0,
        parts=0,
        parts_done=0,
        file=None,
        error="",
        run_id=uuid.uuid4(),
        attempts=0,
        dispatched_at=Now(),
        expires_at=expires,
    ):
        export.refresh_from_db(
            fields=["status", "run_id", "progress", "parts", "parts_done", "error", "expires_at"]
        )
        if not ahead_of(export).exists():
            dispatch.send_on_commit(TASK, export.pk, export.run_id)
    return export


def line_of(owner_id: int) -> ExportQuerySet:
    """The exports of a person that are not written yet, in the order in which they will be."""
    # Each is kept as long as the others, so what expires first was asked for first.
    return Export.objects.moving().filter(owner=owner_id).order_by("expires_at", "pk")


def ahead_of(export: Export) -> ExportQuerySet:
    earlier = Q(expires_at__lt=export.expires_at) | Q(
        expires_at=export.expires_at, pk__lt=export.pk
    )
    others = line_of(export.owner_id).exclude(pk=export.pk)
    return others.filter(earlier | Q(status=ExportStatus.WRITING))


def send_next(owner_id: int) -> None:
    """Send the first in a person's line, once whatever was before it has ended."""
    export = line_of(owner_id).without_file().first()
    if export is not None and export.status == ExportStatus.PENDING:
        Export.objects.filter(pk=export.pk).update(dispatched_at=Now())
        dispatch.send_on_commit(TASK, export.pk, export.run_id)


def write_export(export_id: uuid.UUID, run_id: uuid.UUID) -> str:
    """Write the file; returns the export's status, or an Outcome."""

    def claim() -> Export | None:
        rows = Export.objects.moving().filter(pk=export_id, run_id=run_id)
        export = rows.without_file().select_related("roadmap", "owner").first()
        if export is None:
            return None
        limits.take_turn(export.owner)
        if ahead_of(export).exists():
            return None  # what is ahead sends it when it ends
        if not rows.update(status=ExportStatus.WRITING, attempts=F("attempts") + 1):
            return None
        export.refresh_from_db(fields=["status", "attempts"])
        return export

    return drive(export_id, claim, write_file, save_failure)


def write_file(export: Export, hold: leases.Hold) -> str:
    from content.exports import rows, writing  # pydantic: no page that lists exports needs it

    with timezone.override(time_zones.of(export.owner)):
        course = rows.load(export.roadmap)
        file = writing.write_file(
            FORMATS[export.format], course, _counter(export, course), _watch(export, hold)
        )
    return _settle(export, hold, status=ExportStatus.READY, file=file, progress=100)


def _watch(export: Export, hold: leases.Hold) -> Callable[[], None]:
    """What ends the writing of a file that nobody may have any more: LeaseLost."""
    rows = Export.objects.filter(pk=export.pk, run_id=export.run_id, status=ExportStatus.WRITING)

    def look() -> None:
        if hold.lost:
            raise LeaseLost(str(export.pk))
        if not rows.exists():  # deleted, with its roadmap or its owner
            hold.end()
            raise LeaseLost(str(export.pk))

    return look


def save_failure(export: Export, hold: leases.Hold, exc: Exception) -> str:
    reason: str = BROKEN
    if isinstance(exc, ExportImpossible):
        reason = exc.said
    else:
        logger.error("export %s could not be written", export.pk, exc_info=exc)
    return _settle(export, hold, status=ExportStatus.FAILED, file=None, progress=0, error=reason)


def _settle(export: Export, hold: leases.Hold, *, error: str = "", **fields: Any) -> str:
    with hold.writing():
        limits.take_turn(export.owner)
        rows = Export.objects.filter(pk=export.pk)
        rows.update(**fields, **sentences.columns("error", error))
        hold.end()
        send_next(export.owner_id)
    return str(fields["status"])


def _counter(export: Export, course: "Course") -> Callable[[], None]:
    """Progress of an export, to be called after each concept.

    The last part is putting them together, as long as it may take.
    """
    parts = sum(1 for _ in course.concepts()) + 1
    numbers = count()
    rows = Export.objects.filter(pk=export.pk, run_id=export.run_id, status=ExportStatus.WRITING)

    def part_done() -> None:
        number = next(numbers)
        rows.update(parts=parts, parts_done=number, progress=100 * number // parts)

    part_done()  # none yet, but now it is known of how many
    return part_done


def send_again(export: Export, worker_died: bool) -> None:
    if not ahead_of(export).exists():
        dispatch.send_on_commit(TASK, export.pk, export.run_id)


def give_up(export: Export) -> None:
    error = Sentence(
        "Its worker died %(count)s times while writing it, so it was not tried again.",
        count=export.attempts,
    )
    rows = Export.objects.filter(pk=export.pk)
    rows.update(status=ExportStatus.FAILED, **sentences.columns("error", error))
    send_next(export.owner_id)


def withdraw(roadmap: Roadmap) -> None:
    """End the writing of its files: the course goes to the trash, or for good."""
    moving = Export.objects.moving().filter(roadmap=roadmap)
    owners = dict(moving.values_list("pk", "owner"))
    for pk in owners:
        leases.revoke(pk)
    moving.filter(pk__in=owners).delete()
    for owner_id in set(owners.values()):
        send_next(owner_id)


RECOVERABLE = Recoverable(Export.objects.without_file(), send_again, give_up)


def prune_exports() -> int:
    """Rows deleted because nobody fetches them any more."""
    expired = Export.objects.filter(expires_at__lt=Now()).exclude(
        Exists(Lease.objects.filter(subject=OuterRef("pk")))
    )
    return expired.delete()[0]
