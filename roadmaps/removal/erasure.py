"""Erasure of a roadmap without a rest: its rows, checkpoints, log and the answers of models.

A run that was cut off may still write a checkpoint, an answer or an event, so an erased thread is
remembered for a day and swept again. What model calls have cost stays, without their content.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from logs_app.models import ExecutionLog
from roadmaps.engine import checkpointer, leases, loop
from roadmaps.models import ErasedThread, ModelCall, ModelFailure, Review, Roadmap
from roadmaps.signals import roadmap_withdrawn

REMEMBERED = timedelta(days=1)
FORGOTTEN = "(deleted)"


@transaction.atomic
def erase(roadmaps: "QuerySet[Roadmap]") -> int:
    """Delete `roadmaps` and all that was kept of them; returns how many."""
    erased = list(roadmaps)
    withdraw(erased)
    # Locked before their reviews are deleted: the order of locks of `roadmaps.engine`.
    rows = Roadmap.objects.filter(pk__in=[roadmap.pk for roadmap in erased])
    list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    rows.delete()
    return len(erased)


def withdraw(roadmaps: Iterable[Roadmap]) -> None:
    """End of all work on `roadmaps`: their leases are revoked, their parts locked.

    To be called first: a row written meanwhile would be in the way.
    """
    for roadmap in roadmaps:
        leases.revoke(roadmap.pk)
        roadmap_withdrawn.send(sender=Roadmap, roadmap=roadmap)


@receiver(pre_delete, sender=Roadmap)
def leave_nothing(instance: Roadmap, **_: Any) -> None:
    """Erasure of the thread with its roadmap, also when the owner is deleted."""
    ErasedThread.objects.get_or_create(
        thread_id=instance.thread_id, defaults={"roadmap_id": instance.pk}
    )
    _forget_in_admin(Roadmap, [instance.pk])
    _forget_in_admin(Review, instance.reviews.values_list("pk", flat=True))
    transaction.on_commit(lambda: _sweep(instance.thread_id, instance.pk))


def _forget_in_admin(model: type[Model], keys: Iterable[Any]) -> None:
    """Subjects and messages in the admin's log go; the person and the time stay."""
    content_type = ContentType.objects.get_for_model(model)
    object_ids = [str(key) for key in keys]
    entries = LogEntry.objects.filter(content_type=content_type, object_id__in=object_ids)
    entries.update(object_repr=FORGOTTEN, change_message="")


def sweep() -> int:
    """Delete what late writers have left of erased threads; returns how many threads are still
    remembered.
    """
    for thread_id, roadmap_id in ErasedThread.objects.values_list("thread_id", "roadmap_id"):
        _sweep(thread_id, roadmap_id)
    ErasedThread.objects.filter(erased_at__lt=Now() - REMEMBERED).delete()
    return ErasedThread.objects.count()


def _sweep(thread_id: Any, roadmap_id: Any) -> None:
    loop.run(checkpointer.delete_thread(str(thread_id)))
    ExecutionLog.objects.filter(roadmap_id=roadmap_id).delete()
    calls = ModelCall.objects.filter(thread_id=thread_id)
    calls.filter(input_tokens=0, output_tokens=0).delete()
    with_text = calls.filter(~Q(answer={}) | Q(prompt__isnull=False))
    with_text.update(answer={}, prompt=None, text_deleted_at=Now())
    ModelFailure.objects.filter(thread_id=thread_id).delete()
