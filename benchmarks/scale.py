"""python -m benchmarks.scale: the product's own queries on tables of millions of rows.

Fills the benchmarks' database with 5 million events of 100,000 roadmaps (EVENTS=… for fewer) and
what belongs to them, asks what pages, the admin, recovery, pruning and the checkpointer ask, and
writes the plans to out/bench/scale.txt.
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

WANTED_MILLISECONDS = {
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
        told = {name: Asked(ask) for name, ask in questions().items()}
    finally:
        lab.empty()
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "scale.txt").write_text(
        "\n\n".join(f"# {name}\n{asked.plan}" for name, asked in told.items())
    )
    return report("scale", [_figure(name, asked) for name, asked in told.items()])


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


class Asked:
    """What a part of the product asked the database, once warm: milliseconds in all, and the plan
    of the slowest.
    """

    def __init__(self, ask: Callable[[], object]) -> None:
        from django.db import connection, transaction

        self.milliseconds = []
        for _ in range(TIMES):
            self._queries: list[tuple[float, str, Any]] = []
            with transaction.atomic(), connection.execute_wrapper(self._time):
                ask()
                transaction.set_rollback(True)
            self.milliseconds.append(sum(took for took, _, _ in self._queries))
        self.count = len(self._queries)
        _, slowest, params = max(self._queries, key=lambda query: query[0])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {slowest}", params)
            self.plan = slowest + "\n" + "\n".join(row[0] for row in cursor.fetchall())
            transaction.set_rollback(True)

    def _time(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self._queries.append(((time.perf_counter() - started) * 1000, sql, params))


def questions() -> dict[str, Callable[[], object]]:
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
        "checkpoint of a thread": lambda: _checkpoint(str(roadmap.thread_id)),
    }


def _checkpoint(thread_id: str) -> None:
    """As the saver asks for the newest one."""
    from django.db import connection
    from langgraph.checkpoint.postgres.base import SELECT_SQL

    newest = f"{SELECT_SQL} WHERE thread_id = %s AND checkpoint_ns = %s ORDER BY checkpoint_id DESC LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(newest, [thread_id, ""])
        if not cursor.fetchall():
            raise LookupError(thread_id)


def _figure(name: str, asked: Asked) -> Figure:
    beside = f"{asked.count} queries, {EVENTS:,} events of {ROADMAPS:,} roadmaps"
    return Figure(
        name, statistics.median(asked.milliseconds), WANTED_MILLISECONDS[name], "ms", beside
    )


if __name__ == "__main__":
    sys.exit(not main())
