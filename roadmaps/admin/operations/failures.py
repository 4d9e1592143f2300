"""Failures of every kind on one page: why, when, and where to retry each."""

import contextlib
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
from roadmaps.admin.navigation import Entry
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
    """A kind of failure. `rows` are the newest first; `describe` makes a Failure of one row.

    `counts` are texts, each with the address of the list that it counts.
    """

    name: str
    title: str
    permission: str
    list_address: Callable[[], str]
    rows: Callable[[], QuerySet[Any]]
    describe: Callable[[HttpRequest, Any], Failure]
    retry_note: str = ""
    counts: Callable[[], list[tuple[str, str]]] = list


def failures(request: HttpRequest) -> HttpResponse:
    """Page of failures, each kind only for a person who may see its rows."""
    kinds = [kind for kind in KINDS if request.user.has_perm(kind.permission)]
    if not kinds:
        raise PermissionDenied
    sections = []
    for kind in kinds:
        page = list_page(request, kind.rows(), kind.name, size=SHOWN_MAX)
        section = {
            "kind": kind,
            "page": page,
            "failures": [kind.describe(request, row) for row in page],
            "counts": kind.counts(),
            "list_address": kind.list_address(),
        }
        sections.append(section)
    context = admin.site.each_context(request) | {"title": "Failures", "sections": sections}
    return TemplateResponse(request, "admin/failures.html", context)


def menu_entries() -> list[Entry]:
    """The page's entry of the menu, for those who may see the rows of any kind."""
    permissions = " ".join(kind.permission for kind in KINDS)
    return [("Failures", "error", permissions, "failures")]


def failed_workflows() -> QuerySet[Any]:
    failed = Roadmap.objects.kept().filter(status=RoadmapStatus.FAILED)
    return failed.order_by("-dispatched_at", "-pk")


def failed_workflow(request: HttpRequest, roadmap: Roadmap) -> Failure:
    note = ""
    if roadmap.attempts > 1:
        note = f"claimed {roadmap.attempts} times"
    retry = ""
    if request.user.has_perm("roadmaps.change_roadmap"):
        retry = reverse("admin:roadmaps_roadmap_retry_one", args=[roadmap.pk])
    return Failure(
        what=str(roadmap),
        address=reverse("admin:roadmaps_roadmap_change", args=[roadmap.pk]),
        reason=roadmap.status_reason,
        at=roadmap.updated_at,
        note=note,
        retry=retry,
    )


def failed_calls() -> QuerySet[Any]:
    return ModelFailure.objects.order_by("-created_at", "-id")


def failed_call(request: HttpRequest, failure: ModelFailure) -> Failure:
    attempts = f"{failure.attempts} attempt"
    if failure.attempts > 1:
        attempts += "s"
    outcome = "no answer in the end" if failure.gave_up else "then it answered"
    return Failure(
        what=f"{failure.role} by {failure.model}",
        address=reverse("admin:roadmaps_modelfailure_change", args=[failure.pk]),
        reason=reason_in_words(failure.reason),
        at=failure.created_at,
        note=f"{attempts}, {outcome}",
    )


def call_reasons() -> list[tuple[str, str]]:
    """The reasons of the last days, the most frequent first, each with the address of its list."""
    since = midnight() - timedelta(days=REASONS_DAYS - 1)
    rows = ModelFailure.objects.filter(created_at__gte=since).order_by().values("reason")
    reasons = []
    for row in rows.annotate(attempts=Sum("attempts")).order_by("-attempts", "reason"):
        text = f"{row['attempts']:,} × {reason_in_words(row['reason'])}"
        address = dashboard.changelist("roadmaps_modelfailure", reason=row["reason"])
        reasons.append((text, address))
    return reasons


def failed_tasks() -> QuerySet[Any]:
    rows: QuerySet[Any] = TaskResult.objects.filter(status="FAILURE")
    without_long_texts = rows.defer("task_args", "task_kwargs", "meta", "traceback")
    return without_long_texts.order_by("-date_done", "-pk")


def failed_task(request: HttpRequest, result: TaskResult) -> Failure:
    reason = result.result or ""
    with contextlib.suppress(ValueError):
        error = json.loads(reason or "null")  # Celery keeps an exception as JSON
        if isinstance(error, dict):
            message = error.get("exc_message") or ""
            if isinstance(message, list):
                message = " ".join(map(str, message))
            reason = f"{error.get('exc_type', 'Error')}: {message}"

    return Failure(
        what=result.task_name or result.task_id,
        address=reverse("admin:django_celery_results_taskresult_change", args=[result.pk]),
        reason=reason[:REASON_MAX],
        at=result.date_done,
        note=result.worker or "",
    )


KINDS = [
    Kind(
        name="workflows",
        title="Workflows",
        permission="roadmaps.view_roadmap",
        list_address=partial(dashboard.changelist, "roadmaps_roadmap", status__exact="FAILED"),
        rows=failed_workflows,
        describe=failed_workflow,
        retry_note="A retry goes on from the last step; what is done is not paid again.",
    ),
    Kind(
        name="calls",
        title="Model calls",
        permission="roadmaps.view_modelcall",
        list_address=partial(dashboard.changelist, "roadmaps_modelfailure"),
        rows=failed_calls,
        describe=failed_call,
        retry_note="A retry of the workflow asks the model again.",
        counts=call_reasons,
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
        rows=failed_tasks,
        describe=failed_task,
        retry_note="Nobody retries a task by hand: recovery sends what it left undone again.",
    ),
]
