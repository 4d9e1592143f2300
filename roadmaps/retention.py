"""Deleting what nobody needs any more, in batches, so that no table grows without end."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet
from django.utils import timezone
from django_celery_results.models import TaskResult

from logs_app.models import ExecutionLog
from roadmaps import checkpointer, loop
from roadmaps.models import ModelCall, Roadmap
from roadmaps.models import RoadmapStatus as S

BATCH_SIZE = 1000
ENDED = (S.READY, S.PARTIAL, S.REJECTED, S.CANCELLED, S.FAILED)


def prune() -> dict[str, int]:
    """Rows deleted, by what they were."""
    cutoff = timezone.now() - timedelta(days=settings.PRUNE_AFTER_DAYS)
    result_cutoff = timezone.now() - timedelta(seconds=settings.CELERY_RESULT_EXPIRES)
    threads = Roadmap.objects.filter(status__in=ENDED, updated_at__lt=cutoff).values("thread_id")
    return {
        "threads": _prune_threads(list(threads.values_list("thread_id", flat=True))),
        "model_calls": _delete(ModelCall.objects.filter(thread_id__in=threads)),
        "logs": _delete(ExecutionLog.objects.filter(occurred_at__lt=cutoff)),
        "results": _delete(TaskResult.objects.filter(date_done__lt=result_cutoff)),
        "sessions": _delete(Session.objects.filter(expire_date__lt=timezone.now())),
    }


def _prune_threads(thread_ids: list[object]) -> int:
    for thread_id in thread_ids:
        loop.run(checkpointer.delete_thread(str(thread_id)))
    return len(thread_ids)


def _delete(rows: "QuerySet[Model]") -> int:
    total = 0
    while batch := list(rows.order_by().values_list("pk", flat=True)[:BATCH_SIZE]):
        rows.model._default_manager.filter(pk__in=batch).delete()
        total += len(batch)
    return total
