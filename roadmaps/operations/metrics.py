"""Prometheus metrics, made at each scrape: rows, queues, and what processes have counted.

Four queries that only an index answers and a handful of Redis commands, however large the tables
are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import redis
from django.db import Error
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from roadmaps import telemetry
from roadmaps.models import MOVING, Lease, RoadmapStatus
from roadmaps.operations import heartbeats, queues, statistics

COUNTED = {  # counters: what they count, and by which labels
    "cairn_tasks_total": ("Tasks that ended, by name and outcome", ("task", "outcome")),
    "cairn_roadmap_transitions_total": ("Roadmaps that came into a state", ("to",)),
    "cairn_runs_recovered_total": ("Runs sent again after a lost worker or message", ("cause",)),
    "cairn_model_errors_total": (
        "Attempts of model calls that failed",
        ("role", "model", "reason"),
    ),
    "cairn_model_tokens_total": ("Tokens of model calls", ("role", "model", "direction")),
    "cairn_model_cost_dollars_total": (
        "Cost of model calls, where LLM_PRICES has a price",
        ("role", "model"),
    ),
}
TIMED = {  # histograms, of seconds
    "cairn_task_seconds": ("How long tasks took", ("task",)),
    "cairn_model_seconds": (
        "How long model calls took that were answered, without waiting for a turn",
        ("role", "model"),
    ),
}
# Without the ended ones, which only grow: see transitions.
WATCHED = (*MOVING, RoadmapStatus.AWAITING_REVIEW, RoadmapStatus.FAILED)
POOL_STATES = ("open", "in_use", "waiting")

Families = Iterator[Metric]


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything())
    return generate_latest(registry)


class _Everything(Collector):
    def collect(self) -> Iterable[Metric]:
        telemetry.tell()  # what this process has counted until now
        up = GaugeMetricFamily(
            "cairn_service_up", "Whether a service answered this scrape", labels=["service"]
        )
        yield from _if_up(up, "postgresql", FROM_ROWS, Error)
        yield from _if_up(up, "redis", FROM_REDIS, redis.RedisError)
        yield up


def _if_up(
    up: Any, service: str, read: tuple[Callable[[], Families], ...], away: type[Exception]
) -> Families:
    """All families that `read` yields, or none while the service is away."""
    try:
        metrics: list[Metric] = []
        for families in read:
            metrics += families()
    except away:
        up.add_metric([service], 0)
        return
    up.add_metric([service], 1)
    yield from metrics


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def roadmap_families() -> Families:
    counts = statistics.roadmaps_by_status(WATCHED)
    states = {status.value: counts.get(status, 0) for status in WATCHED}
    yield _gauge(
        "cairn_roadmaps", "Roadmaps that move, wait for a review or have failed", "status", states
    )


def review_families() -> Families:
    reviews = statistics.open_reviews()
    waiting = 0.0
    if reviews["oldest"]:
        waiting = (timezone.now() - reviews["oldest"]).total_seconds()
    yield GaugeMetricFamily(
        "cairn_reviews_pending", "Reviews that wait for a decision", reviews["pending"]
    )
    yield GaugeMetricFamily(
        "cairn_reviews_overdue", "Of these, past their due time", reviews["overdue"]
    )
    yield GaugeMetricFamily(
        "cairn_review_oldest_seconds", "How long the oldest of them has waited", waiting
    )


def lease_families() -> Families:
    live = Count("pk", filter=Q(expires_at__gte=Now()))
    counts = Lease.objects.aggregate(live=live, all=Count("pk"))
    states = {"live": counts["live"], "expired": counts["all"] - counts["live"]}
    yield _gauge("cairn_leases", "What workers drive, and what lost its worker", "state", states)


def stuck_families() -> Families:
    stuck = statistics.stuck_runs().count()
    yield GaugeMetricFamily(
        "cairn_stuck_runs", "Runs that should move and that nobody drives", stuck
    )


def queue_families() -> Families:
    yield _gauge("cairn_queue_depth", "Messages that wait", "queue", queues.depths())
    ages = {name: age or 0 for name, age in queues.oldest_seconds().items()}
    yield _gauge(
        "cairn_queue_oldest_seconds", "How long the oldest message has waited", "queue", ages
    )


def heartbeat_families() -> Families:
    now = timezone.now().timestamp()
    ages = {queue: now - beat.at for queue, beat in heartbeats.read().items()}
    yield _gauge(
        "cairn_queue_heartbeat_age_seconds", "Since a queue last took its heartbeat", "queue", ages
    )


def process_families() -> Families:
    kinds: dict[str, float] = defaultdict(float)
    pools = GaugeMetricFamily(
        "cairn_db_pool_connections", "Django's connections: open, in use", labels=["kind", "state"]
    )
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for process in telemetry.processes().values():
        kinds[process["kind"]] += 1
        for state in (*POOL_STATES, "sockets"):
            sums[process["kind"], state] += process.get(state, 0)
    for kind in kinds:
        for state in ("open", "in_use"):
            pools.add_metric([kind, state], sums[kind, state])
    waiting = {kind: sums[kind, "waiting"] for kind in kinds}
    yield _gauge(
        "cairn_processes", "Processes that told of themselves in the last seconds", "kind", kinds
    )
    yield pools
    yield _gauge("cairn_db_pool_waiting", "Threads that wait for a connection", "kind", waiting)
    yield GaugeMetricFamily("cairn_sockets_open", "Open WebSockets", sums["web", "sockets"])


def counted_families() -> Families:
    totals = telemetry.totals()
    for name, (text, labels) in COUNTED.items():
        family = CounterMetricFamily(name, text, labels=labels)
        for series, amount in totals.items():
            if series[0] == name:
                family.add_metric(_values(series, labels), amount)
        yield family
    for name, (text, labels) in TIMED.items():
        yield _histogram(name, text, labels, totals)


def _histogram(
    name: str, text: str, labels: tuple[str, ...], totals: dict[telemetry.Series, float]
) -> Metric:
    family = HistogramMetricFamily(name, text, labels=labels)
    for series, count in totals.items():
        if series[0] != f"{name}_count":
            continue
        buckets = []
        for bound in telemetry.BUCKETS:
            of_bucket = tuple(sorted([*series[1], ("le", str(bound))]))
            buckets.append((str(bound), totals.get((f"{name}_bucket", of_bucket), 0)))
        total = totals.get((f"{name}_sum", series[1]), 0)
        family.add_metric(_values(series, labels), [*buckets, ("+Inf", count)], sum_value=total)
    return family


def _values(series: telemetry.Series, labels: tuple[str, ...]) -> list[str]:
    by_label = dict(series[1])
    return [by_label.get(label, "") for label in labels]


FROM_ROWS = (roadmap_families, review_families, lease_families, stuck_families)
FROM_REDIS = (queue_families, heartbeat_families, process_families, counted_families)
