"""Benchmark of one course's CPU, rows, bytes and connections: `python -m benchmarks.units`.

docs/scaling.md computes from these.
"""

import sys
from typing import Any

from benchmarks import lab
from benchmarks.figures import Figure, report

ROADMAPS = 40
TABLES = """
SELECT CASE WHEN schemaname = 'checkpoints' THEN 'checkpoints'
    WHEN relname LIKE 'content%' THEN 'content'
    WHEN relname LIKE 'logs_app%' THEN 'execution log'
    WHEN relname = 'roadmaps_modelcall' THEN 'journal'
    WHEN relname LIKE 'django_celery%' THEN 'task results'
    WHEN relname LIKE 'roadmaps%' THEN 'roadmaps, plans'
    END AS of,
    sum(n_live_tup), sum(pg_total_relation_size(relid))
FROM pg_stat_user_tables GROUP BY 1 HAVING sum(n_live_tup) > 0
"""


def main() -> list[Figure]:
    lab.set_up()

    from roadmaps.models import Concept, ModelCall

    with lab.model_server() as models, lab.worker(models=models) as process:
        finish(2)  # warm-up
        lab.empty()
        worker_start, database_start = process.cpu_seconds(), lab.database_cpu_seconds()
        connections = finish(ROADMAPS)
        worker_cpu = (process.cpu_seconds() - worker_start) / ROADMAPS * 1000
        database_cpu = (lab.database_cpu_seconds() - database_start) / ROADMAPS * 1000

    calls, concepts = ModelCall.objects.count() / ROADMAPS, Concept.objects.count() / ROADMAPS
    beside = f"of {ROADMAPS} at once: {concepts:.0f} concepts and {calls:.0f} model calls each"
    at_most = f"at most, {ROADMAPS} courses at once"
    figures = [
        Figure("CPU of the worker per course", worker_cpu, 12 * calls, "ms", beside),
        Figure("CPU of PostgreSQL per course", database_cpu, 12 * calls, "ms", beside),
        Figure("connections, one worker and this", connections, 32, "", at_most),
    ]
    return report("units", figures + stored_figures())


def finish(count: int) -> int:
    """The most connections that PostgreSQL had while `count` roadmaps became courses."""
    from roadmaps.models import Review
    from roadmaps.services import decide_review

    most = 0
    clients = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    lab.request(count)

    def all_are_ready() -> bool:
        nonlocal most
        most = max(most, int(_rows(clients)[0][0]))
        for review in Review.objects.pending():
            decide_review(review, "APPROVED", by=None)
        return lab.in_state("READY") == count

    lab.wait_for(all_are_ready, seconds=900, pause=0.2)
    return most


def _rows(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def stored_figures() -> list[Figure]:
    """The size of each kind of rows per course."""
    from django.db import connection

    from logs_app import stream

    lab.wait_for(lambda: stream.redis_client.xlen(stream.STREAM) == 0)
    _rows("SELECT pg_stat_force_next_flush()")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL ANALYZE")

    figures = []
    for kind, rows, size in _rows(TABLES):
        if kind:
            beside = f"{int(rows) / ROADMAPS:.0f} rows"
            kilobytes = int(size) / ROADMAPS / 1e3
            figures.append(Figure(f"stored per course: {kind}", kilobytes, 200, "kB", beside))
    return figures


if __name__ == "__main__":
    sys.exit(not main())
