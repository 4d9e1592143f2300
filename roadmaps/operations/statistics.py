"""Statistics of roadmaps, reviews and model calls: one query per function, done by PostgreSQL."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    Avg,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    F,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Now
from django.utils import timezone

from roadmaps.llm import BUILT_IN_AUTHOR
from roadmaps.llm import cost as cost
from roadmaps.models import (
    DecidedHow,
    Lease,
    ModelCall,
    ModelUsage,
    Review,
    ReviewStatus,
    Roadmap,
    RoadmapStatus,
)
from roadmaps.operations import usage
from roadmaps.people import time_zones
from roadmaps.review.decisions import DECISIONS

DECIDED = [decision.status for decision in DECISIONS]


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont; `fraction` 0.5 is the median."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, fraction: float) -> None:
        super().__init__(expression, fraction=fraction, output_field=DurationField())


def open_reviews() -> dict[str, Any]:
    """Counts `pending`, `overdue` and `unassigned`, and the `oldest` one's time (or None)."""
    return Review.objects.pending().aggregate(
        pending=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lt=Now())),
        unassigned=Count("pk", filter=Q(assigned_to=None)),
        oldest=Min("created_at"),
    )


def decisions_per_day(days: int) -> list[dict[str, Any]]:
    """One dict per day, today last: `day`, and the number of reviews by decision."""
    first = time_zones.midnight() - timedelta(days=days - 1)
    by_day = {}
    for number in range(days):
        day = (first + timedelta(days=number)).date()
        by_day[day] = {status.value: 0 for status in DECIDED}
    period = (first, first + timedelta(days=days, microseconds=-1))
    decided = Review.objects.filter(decided_at__range=period, status__in=DECIDED).order_by()
    rows = decided.values_list(day_number("decided_at", first, days), "status")
    for number, status, count in rows.annotate(count=Count("pk")):
        by_day[first.date() + timedelta(days=number - 1)][status] = count
    return [{"day": day} | counts for day, counts in by_day.items()]


def day_number(field: str, first: datetime, days: int) -> Func:
    """Number of the day that a time is on, of `days` days: 1 for the day that begins at `first`, a
    midnight of the reader's zone.

    Python's midnights, not TruncDate: PostgreSQL's own list may lack the name of a zone.
    """
    midnights = [first + timedelta(days=number) for number in range(days)]
    bounds = Value(midnights, output_field=ArrayField(DateTimeField()))
    return Func(F(field), bounds, function="WIDTH_BUCKET", output_field=IntegerField())


def decision_quality(days: int) -> dict[str, Any]:
    """Number, speed, approvals and rounds of the reviews that people decided in the last `days`."""
    took = F("decided_at") - F("created_at")
    approved = Q(status=ReviewStatus.APPROVED)
    since = timezone.now() - timedelta(days=days)
    decided = Review.objects.filter(decided_at__gte=since, status__in=DECIDED)
    return decided.exclude(decided_how=DecidedHow.SYSTEM).aggregate(
        decided=Count("pk"),
        approved=Count("pk", filter=approved),
        p50=Percentile(took, 0.5),
        p90=Percentile(took, 0.9),
        rounds=Avg("round", filter=approved),
    )


def roadmaps_by_status(statuses: Iterable[RoadmapStatus] | None = None) -> dict[str, int]:
    rows = Roadmap.objects.kept().order_by()
    if statuses is not None:
        rows = rows.filter(status__in=statuses)
    return dict(rows.values_list("status").annotate(count=Count("pk")))


def stuck_runs() -> QuerySet[Roadmap]:
    """Roadmaps that should move, were sent long enough ago, and nobody drives."""
    leases = Lease.objects.filter(subject=OuterRef("pk"), expires_at__gte=Now())
    late = Now() - timedelta(seconds=settings.DISPATCH_GRACE_SECONDS)
    return (
        Roadmap.objects.moving()
        .filter(~Exists(leases), dispatched_at__lt=late)
        .order_by("dispatched_at")
    )


def spend(
    *by: str, since: datetime | None = None, calls: QuerySet[ModelCall] | None = None
) -> list[dict[str, Any]]:
    """Model calls grouped by `by` (`model` is always among them): `calls`, tokens, `seconds` and
    `cost`.

    `cost` is dollars, or None for a model without a price.
    """
    if calls is None:
        calls = ModelCall.objects.all()
    if since:
        calls = calls.filter(created_at__gte=since)
    return _spend(by, calls, Count("pk"))


def spend_by_day(since: datetime, days: int) -> list[dict[str, Any]]:
    """As `spend()`, by `day` (a date) and `role`, for the days from `since`, a midnight of the
    reader's zone. A day may have two rows of a role: of what is summed up, and of the last hours.
    """
    until = usage.summed_up_until()
    summed = ModelUsage.objects.filter(begins_at__gte=since)
    latest = ModelCall.objects.filter(created_at__gte=max(since, until))
    by = ("day", "role")
    rows = [
        *_spend(by, summed.annotate(day=day_number("begins_at", since, days)), Sum("calls")),
        *_spend(by, latest.annotate(day=day_number("created_at", since, days)), Count("pk")),
    ]
    return [row | {"day": since.date() + timedelta(days=row["day"] - 1)} for row in rows]


def _spend(by: Iterable[str], rows: QuerySet[Any], calls: Aggregate) -> list[dict[str, Any]]:
    names = list(dict.fromkeys([*by, "model"]))
    sums = {"calls": calls, "seconds": Sum("seconds")}
    sums |= {name: Sum(name) for name in ("input_tokens", "output_tokens")}
    grouped = rows.order_by().values(*names).annotate(**sums).order_by(*names)
    return [
        row | {"cost": cost(row["model"], row["input_tokens"], row["output_tokens"])}
        for row in grouped
    ]


def total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sum of `spend()` rows; `cost` is None when no row has one, `unpriced` names the models
    without.
    """
    sums: dict[str, Any] = {}
    for name in ("calls", "seconds", "input_tokens", "output_tokens"):
        sums[name] = sum(row[name] or 0 for row in rows)

    costs = [row["cost"] for row in rows if row["cost"] is not None]
    sums["cost"] = None
    if costs:
        sums["cost"] = sum(costs)
    unpriced = {row["model"] for row in rows if row["cost"] is None} - {BUILT_IN_AUTHOR}
    return sums | {"unpriced": sorted(unpriced)}
