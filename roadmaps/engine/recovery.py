"""Re-sending what PostgreSQL says should be moving and nobody provably drives."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from roadmaps import progress, sentences, telemetry
from roadmaps.engine import dispatch
from roadmaps.models import Lease, Roadmap, RoadmapStatus
from roadmaps.sentences import Sentence
from roadmaps.signals import recovering, roadmap_approved, roadmap_ended


def recover() -> int:
    """Send again every run that a dead worker or a lost message left; returns how many.

    Safe at any time.
    """
    lease = Lease.objects.filter(subject=OuterRef("pk"))
    stuck = Roadmap.objects.moving().filter(
        Exists(lease.filter(expires_at__lt=Now())) | _overdue() & ~Exists(lease)
    )
    sent = sum(_resend(pk) for pk in stuck.values_list("pk", flat=True))
    elsewhere = sum(int(count or 0) for _, count in recovering.send(sender=None))
    return sent + elsewhere


def _overdue() -> Q:
    """Its message was not taken in time: at once by rights, for a run that a worker has already
    had.
    """
    return Q(dispatched_at__lt=_ago(settings.DISPATCH_GRACE_SECONDS)) | Q(
        attempts__gt=0, dispatched_at__lt=_ago(settings.LEASE_SECONDS)
    )


def _ago(seconds: float) -> object:
    return Now() - timedelta(seconds=seconds)


@transaction.atomic
def _resend(pk: uuid.UUID) -> bool:
    # The lease first, as everywhere: the same order of locks rules out a deadlock.
    died, _ = Lease.objects.filter(subject=pk, expires_at__lt=Now()).delete()
    waiting = Q() if died else _overdue()
    moving = Roadmap.objects.moving().exclude(Exists(Lease.objects.filter(subject=OuterRef("pk"))))
    roadmap = (
        moving.filter(waiting, pk=pk).select_for_update(skip_locked=True, of=("self",)).first()
    )
    if roadmap is None:
        return False
    if roadmap.attempts >= settings.MAX_ATTEMPTS:
        _give_up(roadmap)
        return False
    Roadmap.objects.filter(pk=pk).update(dispatched_at=Now())
    _send(roadmap)
    telemetry.count("cairn_runs_recovered_total", cause="worker" if died else "message")
    progress.record(
        pk,
        "run_recovered",
        Sentence("Sent again: its worker or its message was lost"),
        level="warning",
    )
    return True


def _send(roadmap: Roadmap) -> None:
    if roadmap.status == RoadmapStatus.GENERATING:
        roadmap_approved.send(sender=Roadmap, roadmap=roadmap)
    else:
        dispatch.send_on_commit(dispatch.FROM_CHECKPOINT, roadmap.pk, roadmap.run_id)


def _give_up(roadmap: Roadmap) -> None:
    reason = Sentence(
        "Its worker died %(count)s times while driving this run, so it was not tried again.",
        count=roadmap.attempts,
    )
    roadmap.transition(RoadmapStatus.FAILED, **sentences.columns("status_reason", reason))
    roadmap_ended.send(sender=Roadmap, roadmap=roadmap)
    progress.record(roadmap.pk, "run_failed", reason, level="error")
