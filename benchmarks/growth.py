"""Benchmark of growth, by a second worker and by full tables: `python -m benchmarks.growth`."""

import sys

from benchmarks import lab
from benchmarks.figures import Figure, report
from benchmarks.review import to_review

THREADS = 10  # of a small worker, so that waiting limits it and not the CPU
SHARED = 60
FEW, MANY = 100, 10_000
COUNTED = 60


def main() -> list[Figure]:
    lab.set_up()
    with lab.model_server() as models:
        figures = [two_workers(models), full_tables(models)]
    return report("growth", figures)


def two_workers(models: str) -> Figure:
    threads = ("--concurrency", str(THREADS))
    with lab.worker("all", *threads, models=models) as first:
        alone = to_review(first, SHARED)
        with lab.worker("all", *threads, models=models, name="second") as second:
            together = to_review(first, SHARED, second)
    beside = (
        f"{SHARED} roadmaps, {THREADS} threads each: "
        f"{alone.seconds:.1f} s, then {together.seconds:.1f} s"
    )
    times = alone.seconds / together.seconds
    return Figure("two workers instead of one", times, 1.8, "×", beside, more_is_better=True)


def full_tables(models: str) -> Figure:
    with lab.worker(models=models) as process:
        to_review(process, 5)  # warm-up
        lab.empty()
        fill(FEW)
        few = to_review(process, COUNTED, empty=False)
        fill(MANY - FEW - COUNTED)
        many = to_review(process, COUNTED, empty=False)
    beside = f"CPU of {COUNTED} roadmaps: {few.cpu_seconds:.2f} s and {many.cpu_seconds:.2f} s"
    ratio = many.cpu_seconds / few.cpu_seconds
    return Figure(f"cost of a roadmap, {MANY:,} rows over {FEW}", ratio, 1.1, "×", beside)


CHECKPOINTS = """
INSERT INTO checkpoints.checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint, metadata)
SELECT thread_id::text, '', n::text, '{"v": 4, "channel_versions": {}}', '{}'
FROM roadmaps_roadmap, generate_series(1, 5) AS n WHERE status = 'READY' ON CONFLICT DO NOTHING
"""


def fill(count: int) -> None:
    """Make `count` roadmaps that have ended, each with a run's journal, log and checkpoints."""
    from django.db import connection
    from django.utils import timezone

    from logs_app.models import ExecutionLog
    from roadmaps.models import ModelCall, Roadmap

    owner, now = lab.person(), timezone.now()
    roadmaps = [
        Roadmap(owner=owner, goal="Learn to bake bread", title="Bread", status="READY")
        for _ in range(count)
    ]
    Roadmap.objects.bulk_create(roadmaps, batch_size=1000)
    event = {"event": "node_finished", "message": "Designing the plan: done", "occurred_at": now}
    logs = (
        ExecutionLog(roadmap_id=roadmap.pk, sequence=number, **event)
        for roadmap in roadmaps
        for number in range(10)
    )
    ExecutionLog.objects.bulk_create(logs, batch_size=5000)
    call = {"model": "openai:test", "answer": {}, "input_hash": "0" * 64}
    calls = (
        ModelCall(thread_id=roadmap.thread_id, role=f"role {number}", **call)
        for roadmap in roadmaps
        for number in range(3)
    )
    ModelCall.objects.bulk_create(calls, batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute(CHECKPOINTS)
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    sys.exit(not main())
