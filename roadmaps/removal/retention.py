"""Retention: old rows are deleted in batches, so that no table grows without end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django_celery_results.models import TaskResult

from logs_app.models import ExecutionLog
from roadmaps.engine import checkpointer, loop
from roadmaps.models import Lease, ModelCall, ModelFailure, Roadmap
from roadmaps.models import RoadmapStatus as S
from roadmaps.removal import erasure

Part = Callable[[], dict[str, int]]  # returns rows deleted, by what they were
_parts: list[Part] = []
BATCH_SIZE = 1000
LEASE_KEPT = timedelta(days=1)  # after it ran out; `recover` has long sent on what still moves
TRASH_BATCH_SIZE = 20  # roadmaps in one transaction
ENDED = (S.READY, S.PARTIAL, S.REJECTED, S.CANCELLED, S.FAILED)


def prune() -> dict[str, int]:
    """Rows deleted, by what they were."""
    result_cutoff = timezone.now() - timedelta(seconds=settings.CELERY_RESULT_EXPIRES)
    threads, model_calls = prune_threads()
    deleted = {
        "trash": empty_trash(),
        "threads": threads,
        "model_calls": model_calls,
        "prompts": forget(old_prompts()),
        "model_failures": _delete(ModelFailure.objects.filter(created_at__lt=_cutoff())),
        "logs": _delete(old_logs()),
        "results": _delete(TaskResult.objects.filter(date_done__lt=result_cutoff)),
        "erased_threads": erasure.sweep(),
        "leases": left_leases().delete()[0],
        "sessions": _delete(Session.objects.filter(expire_date__lt=timezone.now())),
    }
    for prune_part in _parts:
        deleted |= prune_part()
    return deleted


def part(prune_part: Part) -> Part:
    """Decorator of a function by which an app above deletes what is its own."""
    _parts.append(prune_part)
    return prune_part


def old_logs() -> "QuerySet[ExecutionLog]":
    return ExecutionLog.objects.filter(occurred_at__lt=_cutoff())


def old_prompts() -> "QuerySet[ModelCall]":
    """Prompts, a learner's words, that are older than the log.

    Answers stay as long as their thread may go on.
    """
    return ModelCall.objects.filter(created_at__lt=_cutoff(), prompt__isnull=False)


def left_leases() -> "QuerySet[Lease]":
    """Leases of rows that were deleted while a worker held them: nobody asks for them again."""
    return Lease.objects.filter(expires_at__lt=Now() - LEASE_KEPT)


def ended_threads() -> "QuerySet[Roadmap, UUID]":
    """Threads of roadmaps that ended long ago, as far as anything is left of them."""
    has_rows = """
        EXISTS (
            SELECT FROM checkpoints.checkpoints c
            WHERE c.thread_id = roadmaps_roadmap.thread_id::text
        )
        OR EXISTS (SELECT FROM roadmaps_modelcall m WHERE m.thread_id = roadmaps_roadmap.thread_id)
    """
    ended = Roadmap.objects.filter(status__in=ENDED, updated_at__lt=_cutoff())
    with_rows = ended.extra(where=[has_rows])  # noqa: S610 - our own text
    return with_rows.order_by().values_list("thread_id", flat=True)


def _cutoff() -> datetime:
    return timezone.now() - timedelta(days=settings.PRUNE_AFTER_DAYS)


def prune_threads() -> tuple[int, int]:
    """Threads deleted, and model calls: theirs and those without a roadmap."""
    threads = calls = 0
    for thread_id in ended_threads():
        pruned = _prune_thread(thread_id)
        if pruned is not None:
            threads += 1
            calls += pruned
    return threads, calls + _delete(calls_without_roadmap())


@transaction.atomic
def _prune_thread(thread_id: UUID) -> int | None:
    """Number of model calls deleted; None for a thread that has gone on since it was listed."""
    # Locked, so that a retry or a change comes before it or after it, never in the middle.
    if not ended_threads().filter(thread_id=thread_id).select_for_update().exists():
        return None
    loop.run(checkpointer.delete_thread(str(thread_id)))
    return _delete(ModelCall.objects.filter(thread_id=thread_id))


def calls_without_roadmap() -> "QuerySet[ModelCall]":
    """Old calls of deleted roadmaps and of requests never sent; until then they count as cost."""
    roadmaps = Roadmap.objects.filter(thread_id=OuterRef("thread_id"))
    return ModelCall.objects.filter(~Exists(roadmaps), created_at__lt=_cutoff())


def empty_trash() -> int:
    """Roadmaps erased that lay in the trash for TRASH_DAYS."""
    cutoff = timezone.now() - timedelta(days=settings.TRASH_DAYS)
    expired = Roadmap.objects.filter(deleted_at__lt=cutoff)
    total = 0
    while erased := erasure.erase(expired[:TRASH_BATCH_SIZE]):
        total += erased
    return total


def forget(calls: "QuerySet[ModelCall]") -> int:
    """Prompts deleted of `calls`, which stay; in batches, as everything here."""
    total = 0
    while batch := list(calls.order_by().values_list("pk", flat=True)[:BATCH_SIZE]):
        total += ModelCall.objects.filter(pk__in=batch).update(prompt=None, text_deleted_at=Now())
    return total


def _delete(rows: "QuerySet[Any]") -> int:
    total = 0
    while deleted := delete_batch(rows):
        total += deleted
    return total


def delete_batch(rows: "QuerySet[Any]") -> int:
    batch = list(rows.order_by().values_list("pk", flat=True)[:BATCH_SIZE])
    rows.model._default_manager.filter(pk__in=batch).delete()
    return len(batch)
