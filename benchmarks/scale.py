"""Benchmark of the product's queries on millions of rows: `python -m benchmarks.scale`.

It fills the benchmarks' database with 5 million events of 100,000 roadmaps (EVENTS=… for fewer) and
the rows that belong to them, runs the queries of pages, the admin, recovery, pruning and the
checkpointer, and writes their plans to out/bench/scale.txt.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import lab
from benchmarks.figures import RESULTS, Figure, report

EVENTS = int(os.environ.get("EVENTS", "5000000"))
ROADMAPS = EVENTS // 50
TIMES = 5
FILL = (lab.ROOT / "benchmarks" / "scale.sql").read_text().rstrip(";\n")

TARGET_MILLISECONDS = {
    "events of a roadmap's page": 5,
    "admin: the log, newest first": 50,
    "admin: errors in the log": 50,
    "admin: the log of one roadmap": 50,
    "admin: roadmaps": 300,
    "recover": 50,
    "prune: a batch of logs": 50,
    "prune: which threads": 2000,
    "checkpoint of a thread": 5,
}


def main() -> list[Figure]:
    lab.set_up()
    fill()
    try:
        measurements = {name: Measurement(part) for name, part in parts().items()}
    finally:
        lab.empty()

    figures, plans = [], []
    for name, measurement in measurements.items():
        plans.append(f"# {name}\n{measurement.plan}")
        median = statistics.median(measurement.milliseconds)
        beside = f"{measurement.count} queries, {EVENTS:,} events of {ROADMAPS:,} roadmaps"
        figures.append(Figure(name, median, TARGET_MILLISECONDS[name], "ms", beside))
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "scale.txt").write_text("\n\n".join(plans))
    return report("scale", figures)


def fill() -> None:
    from django.db import connection

    sizes = {
        "owner": lab.person("learner", is_superuser=True, is_staff=True).pk,
        "roadmaps": ROADMAPS,
        "events": EVENTS,
    }
    with connection.cursor() as cursor:
        for statement in FILL.split(";\n"):
            cursor.execute(statement, sizes)
        cursor.execute("VACUUM ANALYZE")


class Measurement:
    """The queries of a part of the product, once warm: milliseconds in all, the slowest's plan."""

    def __init__(self, part: Callable[[], object]) -> None:
        from django.db import connection, transaction

        queries: list[tuple[float, str, Any]] = []

        def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            start = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                queries.append(((time.perf_counter() - start) * 1000, sql, params))

        self.milliseconds = []
        for _ in range(TIMES):
            queries.clear()
            with transaction.atomic(), connection.execute_wrapper(record):
                part()
                transaction.set_rollback(True)
            self.milliseconds.append(sum(milliseconds for milliseconds, _, _ in queries))
        self.count = len(queries)
        _, slowest, params = max(queries, key=lambda query: query[0])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {slowest}", params)
            self.plan = slowest + "\n" + "\n".join(row[0] for row in cursor.fetchall())
            transaction.set_rollback(True)


def parts() -> dict[str, Callable[[], object]]:
    """The parts of the product that are measured, by name."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from logs_app.history import events_of
    from roadmaps.engine import recovery
    from roadmaps.models import Roadmap
    from roadmaps.removal import retention

    settings.ALLOWED_HOSTS = ["testserver"]
    roadmap = Roadmap.objects.order_by("created_at")[ROADMAPS // 2]
    client = Client()
    client.force_login(lab.person())
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = public, checkpoints")
    log = "/admin/logs_app/executionlog/"

    def page(path: str, **query: str) -> None:
        if client.get(path, query).status_code != 200:
            raise LookupError(f"{path} {query}")

    return {
        "events of a roadmap's page": lambda: events_of(roadmap.pk),
        "admin: the log, newest first": lambda: page(log),
        "admin: errors in the log": lambda: page(log, level="error"),
        "admin: the log of one roadmap": lambda: page(log, q=str(roadmap.pk)),
        "admin: roadmaps": lambda: page("/admin/roadmaps/roadmap/"),
        "recover": recovery.recover,
        "prune: a batch of logs": lambda: retention.delete_batch(retention.old_logs()),
        "prune: which threads": lambda: list(retention.ended_threads()[:1]),
        "checkpoint of a thread": lambda: newest_checkpoint(str(roadmap.thread_id)),
    }


def newest_checkpoint(thread_id: str) -> None:
    """Read the newest checkpoint of a thread by the saver's query."""
    from django.db import connection
    from langgraph.checkpoint.postgres.base import SELECT_SQL

    condition = "WHERE thread_id = %s AND checkpoint_ns = %s ORDER BY checkpoint_id DESC LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(f"{SELECT_SQL} {condition}", [thread_id, ""])
        if not cursor.fetchall():
            raise LookupError(thread_id)


if __name__ == "__main__":
    sys.exit(not main())
