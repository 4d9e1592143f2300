"""Schedules that the settings own: beat writes them to its table anew at each start.

Edits there are lost, but for the switch by which an operator can stop a task.
"""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django_celery_beat.models import PeriodicTask

ADDED_BY_BEAT = "celery.backend_cleanup"  # by django-celery-beat itself, as task results expire


def owned_names() -> set[str]:
    return {*settings.CELERY_BEAT_SCHEDULE, ADDED_BY_BEAT}


def owned() -> QuerySet[Any]:
    """The rows of `PeriodicTask` that the settings own, by name."""
    rows: QuerySet[Any] = PeriodicTask.objects.filter(name__in=owned_names()).order_by("name")
    return rows


def is_owned(periodic_task: Any) -> bool:
    return periodic_task.name in owned_names()


def owned_at(times: Any) -> list[str]:
    """The names of the owned schedules that run at `times`, a row of intervals, crontabs or the
    like.
    """
    if times.pk is None:
        return []
    return list(
        owned().filter(pk__in=times.periodictask_set.values("pk")).values_list("name", flat=True)
    )
