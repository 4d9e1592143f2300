"""Failures of every kind on one page: why, when, and where to retry each."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django_celery_results.models import TaskResult

from roadmaps.admin.base.paging import list_page
from roadmaps.admin.operations import dashboard
from roadmaps.llm.labels import reason_in_words
from roadmaps.models import ModelFailure, Roadmap, RoadmapStatus
from roadmaps.people.time_zones import midnight

SHOWN_MAX = 20  # of one kind on one page
REASONS_DAYS = 7  # in which model calls are counted by reason
REASON_MAX = 300  # characters


@dataclass(frozen=True)
class Failure:
    """One row of the page; `retry` is the address that a button posts to, or empty."""

    what: str
    address: str
    reason: str
    at: datetime | None
    note: str = ""
    retry: str = ""


@dataclass(frozen=True)
class Kind:
    """What can fail. `rows` are the newest first; `describe` makes a Failure of one of them."""

    name: str
    title: str
    permission: str
    list_address: Callable[[], str]
    rows: Callable[[], QuerySet[Any]]
    describe: Callable[[HttpRequest, Any], Failure]
    retry_note: str = ""
    facts: Callable[[], list[tuple[str, str]]] = list  # words and the address of their list


def failures(request: HttpRequest) -> HttpResponse:
    """Each kind is there for who may see its rows."""
    kinds = [kind for kind in KINDS if request.user.has_perm(kind.permission)]
    if not kinds:
        raise PermissionDenied
    sections = [_section(request, kind) for kind in kinds]
    context = admin.site.each_context(request) | {"title": "Failures", "sections": sections}
    return TemplateResponse(request, "admin/failures.html", context)


def _section(request: HttpRequest, kind: Kind) -> dict[str, Any]:
    page = list_page(request, kind.rows(), kind.name, size=SHOWN_MAX)
    return {
        "kind": kind,
        "page": page,
        "failures": [kind.describe(request, row) for row in page],
        "facts": kind.facts(),
        "list_address": kind.list_address(),
    }


def _failed_workflows() -> QuerySet[Any]:
    failed = Roadmap.objects.kept().filter(status=RoadmapStatus.FAILED)
    return failed.order_by("-dispatched_at", "-pk")


def _workflow(request: HttpRequest, roadmap: Roadmap) -> Failure:
    may_retry = request.user.has_perm("roadmaps.change_roadmap")
    return Failure(
        what=str(roadmap),
        address=reverse("admin:roadmaps_roadmap_change", args=[roadmap.pk]),
        reason=roadmap.status_reason,
        at=roadmap.updated_at,
        note=f"claimed {roadmap.attempts} times" if roadmap.attempts > 1 else "",
        retry=reverse("admin:roadmaps_roadmap_retry_one", args=[roadmap.pk]) if may_retry else "",
    )


def _failed_calls() -> QuerySet[Any]:
    return ModelFailure.objects.order_by("-created_at", "-id")


def _call(request: HttpRequest, failure: ModelFailure) -> Failure:
    times = f"{failure.attempts} attempt{'s' if failure.attempts > 1 else ''}"
    return Failure(
        what=f"{failure.role} by {failure.model}",
        address=reverse("admin:roadmaps_modelfailure_change", args=[failure.pk]),
        reason=reason_in_words(failure.reason),
        at=failure.created_at,
        note=f"{times}, {'no answer in the end' if failure.gave_up else 'then it answered'}",
    )


def _calls_by_reason() -> list[tuple[str, str]]:
    since = midnight() - timedelta(days=REASONS_DAYS - 1)
    rows = ModelFailure.objects.filter(created_at__gte=since).order_by().values("reason")
    counted = rows.annotate(attempts=Sum("attempts")).order_by("-attempts", "reason")
    return [
        (
            f"{row['attempts']:,} × {reason_in_words(row['reason'])}",
            dashboard.changelist("roadmaps_modelfailure", reason=row["reason"]),
        )
        for row in counted
    ]


def _failed_tasks() -> QuerySet[Any]:
    failed: QuerySet[Any] = TaskResult.objects.filter(status="FAILURE")
    shown = failed.defer("task_args", "task_kwargs", "meta", "traceback")
    return shown.order_by("-date_done", "-pk")


def _task(request: HttpRequest, result: TaskResult) -> Failure:
    return Failure(
        what=result.task_name or result.task_id,
        address=reverse("admin:django_celery_results_taskresult_change", args=[result.pk]),
        reason=_reason_of(result.result),
        at=result.date_done,
        note=result.worker or "",
    )


def _reason_of(text: str | None) -> str:
    """Celery keeps an exception as JSON."""
    try:
        error = json.loads(text or "null")
    except ValueError:
        return (text or "")[:REASON_MAX]
    if not isinstance(error, dict):
        return (text or "")[:REASON_MAX]
    message = error.get("exc_message")
    words = " ".join(map(str, message)) if isinstance(message, list) else str(message or "")
    return f"{error.get('exc_type', 'Error')}: {words}"[:REASON_MAX]


KINDS = [
    Kind(
        name="workflows",
        title="Workflows",
        permission="roadmaps.view_roadmap",
        list_address=partial(dashboard.changelist, "roadmaps_roadmap", status__exact="FAILED"),
        rows=_failed_workflows,
        describe=_workflow,
        retry_note="A retry goes on from the last step; what is done is not paid again.",
    ),
    Kind(
        name="calls",
        title="Model calls",
        permission="roadmaps.view_modelcall",
        list_address=partial(dashboard.changelist, "roadmaps_modelfailure"),
        rows=_failed_calls,
        describe=_call,
        retry_note="A retry of the workflow asks the model again.",
        facts=_calls_by_reason,
    ),
    Kind(
        name="tasks",
        title="Tasks",
        permission="django_celery_results.view_taskresult",
        list_address=partial(
            dashboard.changelist,
            "django_celery_results_taskresult",
            status__exact="FAILURE",
        ),
        rows=_failed_tasks,
        describe=_task,
        retry_note="Nobody retries a task by hand: recovery sends what it left undone again.",
    ),
]
