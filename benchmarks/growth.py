"""python -m benchmarks.growth: does a second worker help, and does a roadmap cost more when many lie in the tables?"""

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
    beside = f"{SHARED} roadmaps, {THREADS} threads each: {alone.seconds:.1f} s, then {together.seconds:.1f} s"
    times = alone.seconds / together.seconds
    return Figure("two workers instead of one", times, 1.8, "×", beside, more_is_better=True)


def full_tables(models: str) -> Figure:
    with lab.worker(models=models) as process:
        to_review(process, 5)  # what is made once
        lab.empty()
        fill(FEW)
        few = to_review(process, COUNTED, empty=False)
        fill(MANY - FEW - COUNTED)
        many = to_review(process, COUNTED, empty=False)
    beside = f"CPU of {COUNTED} roadmaps: {few.cpu_seconds:.2f} s and {many.cpu_seconds:.2f} s"
    ratio = many.cpu_seconds / few.cpu_seconds
    return Figure(f"cost of a roadmap, {MANY:,} rows over {FEW}", ratio, 1.1, "×", beside)


def fill(count: int) -> None:
    """`count` roadmaps that have ended, each with what a run leaves: draft, review, journal, log, checkpoints."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(ROADMAPS, {"count": count, "owner": lab.person().pk})
        for statement in TRACES:
            cursor.execute(statement)
        cursor.execute("ANALYZE")


ROADMAPS = """
CREATE TEMPORARY TABLE IF NOT EXISTS filled (id uuid, thread_id uuid);
TRUNCATE filled;
INSERT INTO filled SELECT gen_random_uuid(), gen_random_uuid() FROM generate_series(1, %(count)s);
CREATE TEMPORARY TABLE template AS SELECT * FROM roadmaps_roadmap LIMIT 0;
INSERT INTO template (id, owner_id, goal, level, hours_per_week, weeks, language, background, motivation, formats, title,
    made_without_model, status, status_reason, version, thread_id, run_id, attempts, branch, dispatched_at, created_at,
    updated_at)
SELECT id, %(owner)s, 'Learn to bake bread', 'beginner', 5, 4, 'en', '', '', '[]', 'Bread', false, 'READY', '', 3,
    thread_id, gen_random_uuid(), 1, 0, now(), now(), now() FROM filled;
INSERT INTO roadmaps_roadmap SELECT * FROM template;
DROP TABLE template
"""
TRACES = (
    """
    INSERT INTO roadmaps_modelcall (thread_id, role, input_hash, model, answer, input_tokens, output_tokens, seconds,
        created_at)
    SELECT thread_id, 'curriculum', md5(n::text), 'openai:test', '{}', 100, 100, 2, now()
    FROM filled, generate_series(1, 3) AS n
    """,
    """
    INSERT INTO logs_app_executionlog (id, roadmap_id, sequence, level, event, message, data, occurred_at)
    SELECT gen_random_uuid(), id, n, 'info', 'node_finished', 'Designing the plan: done', '{}', now()
    FROM filled, generate_series(1, 10) AS n
    """,
    """
    INSERT INTO checkpoints.checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint, metadata)
    SELECT thread_id::text, '', n::text, '{"v": 4, "channel_versions": {}}', '{}' FROM filled, generate_series(1, 5) AS n
    """,
)


if __name__ == "__main__":
    sys.exit(not main())
