"""Erasure of a roadmap without a rest: its rows, checkpoints, log and the answers of models.

A run that was cut off may still write a checkpoint, an answer or an event, so an erased thread is
remembered for a day and swept again by every `prune`. What model calls have cost stays, without
their content.
"""

import contextlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, Now
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django_celery_results.models import TaskResult
from redis.exceptions import RedisError

from logs_app import stream
from logs_app.models import ExecutionLog
from roadmaps.engine import checkpointer, leases, loop
from roadmaps.models import ErasedThread, ModelCall, ModelFailure, Roadmap
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
    transaction.on_commit(forget_in_admin, robust=True)
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
    # Kept here: a row that is deleted has no key any more when that is committed.
    thread_id, roadmap_id = instance.thread_id, instance.pk
    ErasedThread.objects.get_or_create(thread_id=thread_id, defaults={"roadmap_id": roadmap_id})
    transaction.on_commit(_write_log, robust=True)
    transaction.on_commit(lambda: _sweep(thread_id, roadmap_id), robust=True)


@receiver(pre_delete, sender=User)
def leave_no_name(instance: User, **_: Any) -> None:
    """Erasure of what names a person without belonging to them."""
    user_id = str(instance.pk)
    transaction.on_commit(lambda: _end_sessions(user_id), robust=True)
    transaction.on_commit(forget_in_admin, robust=True)


def _write_log() -> None:
    """What waits in Redis becomes rows, which can be deleted; a later sweep takes what can't."""
    with contextlib.suppress(RedisError):
        stream.drain()


def _end_sessions(user_id: str) -> None:
    """Delete the sessions of a deleted person, which hold the name that was signed in with."""
    ended = [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get(SESSION_KEY) == user_id
    ]
    Session.objects.filter(pk__in=ended).delete()


def forget_in_admin() -> int:
    """Subjects and messages of the admin's log about rows that are gone; returns how many.

    The person and the time stay.
    """
    entries = LogEntry.objects.exclude(object_repr=FORGOTTEN, change_message="")
    forgotten = 0
    for content_type_id in entries.order_by().values_list("content_type", flat=True).distinct():
        content_type = ContentType.objects.filter(pk=content_type_id).first()
        model = content_type.model_class() if content_type else None
        if model is None:  # of an app that is not there any more
            continue
        keys = model._base_manager.annotate(own_key=Cast("pk", TextField()))
        rows = keys.filter(own_key=OuterRef("object_id"))
        gone = entries.filter(~Exists(rows), content_type=content_type_id)
        forgotten += gone.update(object_repr=FORGOTTEN, change_message="")
    return forgotten


def sweep() -> int:
    """Delete what late writers have left of erased threads; returns how many threads are still
    remembered.
    """
    _write_log()
    for thread_id, roadmap_id in ErasedThread.objects.values_list("thread_id", "roadmap_id"):
        _sweep(thread_id, roadmap_id)
    forget_in_admin()
    ErasedThread.objects.filter(erased_at__lt=Now() - REMEMBERED).delete()
    return ErasedThread.objects.count()


def _sweep(thread_id: Any, roadmap_id: Any) -> None:
    loop.run(checkpointer.delete_thread(str(thread_id)))
    ExecutionLog.objects.filter(roadmap_id=roadmap_id).delete()
    with contextlib.suppress(RedisError):
        stream.forget_refused(str(roadmap_id))
    TaskResult.objects.filter(task_args__contains=str(roadmap_id)).delete()
    calls = ModelCall.objects.filter(thread_id=thread_id)
    calls.filter(input_tokens=0, output_tokens=0).delete()
    with_text = calls.filter(~Q(answer={}) | Q(prompt__isnull=False))
    with_text.update(answer={}, prompt=None, text_deleted_at=Now())
    ModelFailure.objects.filter(thread_id=thread_id).delete()
