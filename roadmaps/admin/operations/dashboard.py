"""The first page of the admin: what waits, how fast it is decided, what runs, what it costs.

A section is read at most once in `CACHE_SECONDS` by each web process, and only for who may see its
rows.
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
    """`read` makes what `template` shows; `wide` sections take two columns."""

    name: str
    permission: str
    template: str
    read: Callable[[], dict[str, Any]]
    wide: bool = False

    def context(self) -> dict[str, Any]:
        zone = timezone.get_current_timezone_name()  # days of one reader are not those of another
        found = cache.get_or_set(f"dashboard-{self.name}-{zone}", self.read, CACHE_SECONDS)
        return {**(found or {}), "name": self.name, "template": self.template, "wide": self.wide}


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK."""
    for name, listed in (
        ("numbers", settings.ADMIN_NUMBERS),
        ("sections", settings.ADMIN_SECTIONS),
    ):
        sections: list[Section] = [import_string(place) for place in listed]
        context[name] = [
            section.context() for section in sections if request.user.has_perm(section.permission)
        ]
    context["failures"] = address_of(request, "failures")
    context["title"] = "Dashboard"
    return context


def changelist(name: str, **lookups: Any) -> str:
    """The address of the list of `app_model`, filtered."""
    query = f"?{urlencode(lookups)}" if lookups else ""
    return reverse(f"admin:{name}_changelist") + query


def reviews(**lookups: Any) -> str:
    return changelist("roadmaps_review", **lookups)


def _reviews_now() -> dict[str, Any]:
    found = statistics.open_reviews()
    oldest = (
        f"the oldest for {formatting.span(timezone.now() - found['oldest'])}"
        if found["oldest"]
        else "nothing waits"
    )
    return {
        "tiles": [
            _tile(
                "Pending reviews",
                found["pending"],
                reviews(status__exact=ReviewStatus.PENDING.value),
                oldest,
            ),
            _tile(
                "Overdue",
                found["overdue"],
                reviews(due="overdue"),
                "past their due time",
                bad=found["overdue"],
            ),
            _tile("Unassigned", found["unassigned"], reviews(desk="unassigned"), "of the pending"),
        ]
    }


def _runs_now() -> dict[str, Any]:
    by_status = statistics.roadmaps_by_status()
    running, failed = (
        sum(by_status.get(one, 0) for one in RUNNING),
        by_status.get(RoadmapStatus.FAILED, 0),
    )
    moving = changelist("roadmaps_roadmap", status__in=",".join(RUNNING))
    stopped = changelist("roadmaps_roadmap", status__exact=RoadmapStatus.FAILED.value)
    return {
        "tiles": [
            _tile("Running workflows", running, moving, "queued, designing or writing"),
            _tile(
                "Failed workflows", failed, stopped, "retry goes on from the last step", bad=failed
            ),
        ]
    }


def _tile(label: str, value: int, link: str, note: str, *, bad: int = 0) -> dict[str, Any]:
    return {"label": label, "value": f"{value:,}", "link": link, "note": note, "bad": bool(bad)}


def _decisions() -> dict[str, Any]:
    days = statistics.decisions_per_day(DAYS)
    rows = [[f"{one['day']:%b %-d}", *(one[status] for status in COLOURS)] for one in days]
    datasets = [
        {
            "label": status.label,
            "data": [one[status] for one in days],
            "backgroundColor": colour,
            "stack": "decisions",
            **formatting.BARS,
        }
        for status, colour in COLOURS.items()
    ]
    counts = {status: sum(one[status] for one in days) for status in COLOURS}
    since = (time_zones.midnight() - timedelta(days=DAYS - 1)).isoformat(timespec="minutes")
    return {
        "days": DAYS,
        "chart": json.dumps({"labels": [row[0] for row in rows], "datasets": datasets}),
        "table": {"headers": ["Day", *(status.label for status in COLOURS)], "rows": rows},
        "totals": [
            (status.label, f"{count:,}", reviews(status__exact=status.value, decided_at__gte=since))
            for status, count in counts.items()
        ],
    }


def _quality() -> dict[str, Any]:
    found = statistics.decision_quality(QUALITY_DAYS)
    decided = found["decided"]
    return {
        "days": QUALITY_DAYS,
        "decided": f"{decided:,}" if decided else "",
        "link": reviews(
            decided_at__gte=(timezone.now() - timedelta(days=QUALITY_DAYS)).isoformat(
                timespec="minutes"
            )
        ),
        "p50": formatting.span(found["p50"]) if decided else "–",
        "p90": formatting.span(found["p90"]) if decided else "–",
        "approved_percent": round(100 * found["approved"] / decided) if decided else None,
        "rounds": round(float(found["rounds"]), 1) if found["rounds"] else None,
    }


def _spend() -> dict[str, Any]:
    today = time_zones.midnight()
    rows = statistics.spend(since=today)
    return {
        "total": formatting.spent(statistics.total(rows)),
        "models": [formatting.spent(row) for row in rows],
        "link": changelist(
            "roadmaps_modelcall", created_at__gte=today.isoformat(timespec="minutes")
        ),
    }


def _queues() -> dict[str, Any]:
    """Asking the workers takes a second, so the browser fetches this section after the page."""
    return {"address": reverse("system_queues")}


REVIEWS = Section("reviews", "roadmaps.view_review", "", _reviews_now)
RUNS = Section("runs", "roadmaps.view_roadmap", "", _runs_now)
DECISIONS_MADE = Section(
    "decisions", "roadmaps.view_review", "admin/dashboard/_decisions.html", _decisions, wide=True
)
QUALITY = Section("quality", "roadmaps.view_review", "admin/dashboard/_quality.html", _quality)
QUEUES = Section("queues", "roadmaps.view_lease", "admin/dashboard/_queues.html", _queues)
SPEND = Section("spend", "roadmaps.view_modelcall", "admin/dashboard/_spend.html", _spend)
