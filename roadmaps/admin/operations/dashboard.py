"""The first page of the admin: what waits, how fast it is decided, what runs, what it costs.

A section is read at most once in `CACHE_SECONDS` by each web process, and only for a person who may
see its rows.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from roadmaps.admin.navigation import address_of
from roadmaps.admin.operations import formatting
from roadmaps.models import ReviewStatus, RoadmapStatus
from roadmaps.operations import statistics
from roadmaps.people import time_zones
from roadmaps.review.decisions import DECISIONS

CACHE_SECONDS = 5
DAYS = 14  # of the chart
QUALITY_DAYS = 30  # of times, rates and rounds
RUNNING = (RoadmapStatus.QUEUED, RoadmapStatus.RUNNING, RoadmapStatus.GENERATING)
COLOURS = {decision.status: f"var(--color-{decision.colour})" for decision in DECISIONS}


@dataclass(frozen=True)
class Section:
    """A section of the page: `read` returns the context of `template`; `wide` takes two columns."""

    name: str
    permission: str
    template: str
    read: Callable[[], dict[str, Any]]
    wide: bool = False

    def context(self) -> dict[str, Any]:
        zone = timezone.get_current_timezone_name()  # days of one reader are not those of another
        values = cache.get_or_set(f"dashboard-{self.name}-{zone}", self.read, CACHE_SECONDS) or {}
        return {**values, "name": self.name, "template": self.template, "wide": self.wide}


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    places = {"numbers": settings.ADMIN_NUMBERS, "sections": settings.ADMIN_SECTIONS}
    for name, paths in places.items():
        sections: list[Section] = [import_string(path) for path in paths]
        context[name] = [
            section.context() for section in sections if request.user.has_perm(section.permission)
        ]
    context["failures"] = address_of(request, "failures")
    context["title"] = "Dashboard"
    return context


def changelist(name: str, **lookups: Any) -> str:
    """The address of the list of `app_model`, filtered."""
    address = reverse(f"admin:{name}_changelist")
    if lookups:
        address += f"?{urlencode(lookups)}"
    return address


def reviews(**lookups: Any) -> str:
    return changelist("roadmaps_review", **lookups)


def review_tiles() -> dict[str, Any]:
    counts = statistics.open_reviews()
    age = "nothing waits"
    if counts["oldest"]:
        age = f"the oldest for {formatting.span(timezone.now() - counts['oldest'])}"

    pending = reviews(status__exact=ReviewStatus.PENDING.value)
    overdue = reviews(due="overdue")
    unassigned = reviews(desk="unassigned")
    tiles = [
        _tile("Pending reviews", counts["pending"], pending, age),
        _tile("Overdue", counts["overdue"], overdue, "past their due time", bad=counts["overdue"]),
        _tile("Unassigned", counts["unassigned"], unassigned, "of the pending"),
    ]
    return {"tiles": tiles}


def run_tiles() -> dict[str, Any]:
    by_status = statistics.roadmaps_by_status([*RUNNING, RoadmapStatus.FAILED])
    running = sum(by_status.get(status, 0) for status in RUNNING)
    failed = by_status.get(RoadmapStatus.FAILED, 0)

    moving = changelist("roadmaps_roadmap", status__in=",".join(RUNNING))
    stopped = changelist("roadmaps_roadmap", status__exact=RoadmapStatus.FAILED.value)
    note = "retry goes on from the last step"
    tiles = [
        _tile("Running workflows", running, moving, "queued, designing or writing"),
        _tile("Failed workflows", failed, stopped, note, bad=failed),
    ]
    return {"tiles": tiles}


def _tile(label: str, value: int, link: str, note: str, *, bad: int = 0) -> dict[str, Any]:
    return {"label": label, "value": f"{value:,}", "link": link, "note": note, "bad": bool(bad)}


def decision_chart() -> dict[str, Any]:
    days = statistics.decisions_per_day(DAYS)
    labels = [f"{day['day']:%b %-d}" for day in days]
    since = (time_zones.midnight() - timedelta(days=DAYS - 1)).isoformat(timespec="minutes")
    columns: list[list[Any]] = [labels]
    datasets = []
    totals = []
    for status, colour in COLOURS.items():
        counts = [day[status] for day in days]
        columns.append(counts)
        dataset = {
            "label": status.label,
            "data": counts,
            "backgroundColor": colour,
            "stack": "decisions",
        }
        datasets.append(dataset | formatting.BARS)
        link = reviews(status__exact=status.value, decided_at__gte=since)
        totals.append((status.label, f"{sum(counts):,}", link))

    headers = ["Day", *(status.label for status in COLOURS)]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return {
        "days": DAYS,
        "chart": json.dumps({"labels": labels, "datasets": datasets}),
        "table": {"headers": headers, "rows": rows},
        "totals": totals,
    }


def decision_speed() -> dict[str, Any]:
    quality = statistics.decision_quality(QUALITY_DAYS)
    since = timezone.now() - timedelta(days=QUALITY_DAYS)
    context: dict[str, Any] = {
        "days": QUALITY_DAYS,
        "decided": "",
        "link": reviews(decided_at__gte=since.isoformat(timespec="minutes")),
        "p50": "–",
        "p90": "–",
        "approved_percent": None,
        "rounds": None,
    }
    if decided := quality["decided"]:
        context["decided"] = f"{decided:,}"
        context["p50"] = formatting.span(quality["p50"])
        context["p90"] = formatting.span(quality["p90"])
        context["approved_percent"] = round(100 * quality["approved"] / decided)
    if quality["rounds"]:
        context["rounds"] = round(float(quality["rounds"]), 1)
    return context


def spend_today() -> dict[str, Any]:
    today = time_zones.midnight()
    rows = statistics.spend(since=today)
    return {
        "total": formatting.spent(statistics.total(rows)),
        "models": [formatting.spent(row) for row in rows],
        "link": changelist(
            "roadmaps_modelcall", created_at__gte=today.isoformat(timespec="minutes")
        ),
    }


def queues_address() -> dict[str, Any]:
    """The address of this section, which the browser fetches after the page: asking the workers
    takes a second.
    """
    return {"address": reverse("system_queues")}


REVIEWS = Section("reviews", "roadmaps.view_review", "", review_tiles)
RUNS = Section("runs", "roadmaps.view_roadmap", "", run_tiles)
DECISIONS_MADE = Section(
    name="decisions",
    permission="roadmaps.view_review",
    template="admin/dashboard/_decisions.html",
    read=decision_chart,
    wide=True,
)
QUALITY = Section(
    name="quality",
    permission="roadmaps.view_review",
    template="admin/dashboard/_quality.html",
    read=decision_speed,
)
QUEUES = Section(
    name="queues",
    permission="roadmaps.view_lease",
    template="admin/dashboard/_queues.html",
    read=queues_address,
)
SPEND = Section(
    name="spend",
    permission="roadmaps.view_modelcall",
    template="admin/dashboard/_spend.html",
    read=spend_today,
)
