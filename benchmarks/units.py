"""python -m benchmarks.units: what one course costs, from the goal to its last quiz: CPU, rows,
bytes, connections.

docs/scaling.md computes from these.
"""

import sys
from typing import Any

from benchmarks import lab
from benchmarks.figures import Figure, report

ROADMAPS = 40
TABLES = """
SELECT CASE WHEN schemaname = 'checkpoints' THEN 'checkpoints' WHEN relname LIKE 'content%' THEN 'content'
    WHEN relname LIKE 'logs_app%' THEN 'execution log' WHEN relname = 'roadmaps_modelcall' THEN 'journal'
    WHEN relname LIKE 'django_celery%' THEN 'task results' WHEN relname LIKE 'roadmaps%' THEN 'roadmaps, plans'
    END AS of,
    sum(n_live_tup), sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables GROUP BY 1 HAVING sum(n_live_tup) > 0
"""


def main() -> list[Figure]:
    lab.set_up()
    with lab.model_server() as models, lab.worker(models=models) as process:
        finish(2)  # what is made once
        lab.empty()
        before = (process.cpu_seconds(), lab.database_cpu_seconds())
        connections = finish(ROADMAPS)
        after = (process.cpu_seconds(), lab.database_cpu_seconds())
    cpu = [(late - early) / ROADMAPS * 1000 for early, late in zip(before, after, strict=True)]
    return report("units", [*_cpu(cpu, connections), *_stored()])


def finish(count: int) -> int:
    """The most connections that PostgreSQL had while `count` roadmaps became courses."""
    from roadmaps.models import Review
    from roadmaps.services import decide_review

    most = 0
    lab.request(count)

    def all_are_ready() -> bool:
        nonlocal most
        most = max(most, _connections())
        for review in Review.objects.pending():
            decide_review(review, "APPROVED", by=None)
        return lab.in_state("READY") == count

    lab.wait_for(all_are_ready, seconds=900, pause=0.2)
    return most


def _connections() -> int:
    return int(
        _rows("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0][0]
    )


def _rows(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _cpu(milliseconds: list[float], connections: int) -> list[Figure]:
    from roadmaps.models import Concept, ModelCall

    calls, concepts = ModelCall.objects.count() / ROADMAPS, Concept.objects.count() / ROADMAPS
    beside = f"of {ROADMAPS} at once: {concepts:.0f} concepts and {calls:.0f} model calls each"
    bound = 12 * calls
    return [
        Figure("CPU of the worker per course", milliseconds[0], bound, "ms", beside),
        Figure("CPU of PostgreSQL per course", milliseconds[1], bound, "ms", beside),
        Figure(
            "connections, one worker and this",
            connections,
            32,
            "",
            f"at most, {ROADMAPS} courses at once",
        ),
    ]


def _stored() -> list[Figure]:
    from logs_app import stream

    lab.wait_for(lambda: stream._client.xlen(stream.STREAM) == 0)
    _rows("SELECT pg_stat_force_next_flush()")
    _vacuum()
    return [
        Figure(
            f"stored per course: {of}",
            int(size) / ROADMAPS / 1e3,
            200,
            "kB",
            f"{int(rows) / ROADMAPS:.0f} rows",
        )
        for of, rows, size in _rows(TABLES)
        if of
    ]


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL ANALYZE")


if __name__ == "__main__":
    sys.exit(not main())
