"""Benchmark of the execution log, rows per second beside raw COPY: `python -m benchmarks.logs`."""

import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable

from benchmarks import lab
from benchmarks.figures import Figure, report

EVENTS = 200_000
ROUNDS = 3
THREADS = 200
BULK_CREATE_EVENTS = 20_000


def main() -> list[Figure]:
    lab.set_up()
    with lab.worker("logs"):
        rounds = [measure_rates() for _ in range(ROUNDS)]
    rates: dict[str, float] = {}
    for name in rounds[0]:
        rates[name] = statistics.median(rates_of_round[name] for rates_of_round in rounds)
    ratio = statistics.median(each["one logs worker"] / each["raw COPY"] for each in rounds)
    rate = rates.pop("one logs worker")
    beside = ", ".join(f"{name} {other_rate:,.0f}" for name, other_rate in rates.items())
    cost = f"an event costs who logs it {append_cost(THREADS):.0f} µs CPU in {THREADS} threads"
    figures = [
        Figure("log rows by one logs worker", rate, 20_000, "rows/s", beside, True),
        Figure("the same, over raw COPY", ratio, 0.5, "×", cost, True),
    ]
    return report("logs", figures)


def make_event() -> dict[str, object]:
    from logs_app import buffer

    return buffer.make_event(
        uuid.uuid4(), "node_finished", "Designing the plan: done", "info", {"node": "design"}
    )


def measure_rates() -> dict[str, float]:
    """Rows per second of each way, on the same rows in an emptied table."""
    from logs_app import rows

    lines = [rows.to_line(make_event()) for _ in range(EVENTS)]
    few_lines = lines[:BULK_CREATE_EVENTS]
    return {
        "raw COPY": EVENTS / seconds(lambda: raw_copy(lines)),
        "one logs worker": EVENTS / seconds(lambda: by_worker(lines, 10)),
        "one logs worker, an entry per event": EVENTS / seconds(lambda: by_worker(lines, 1)),
        "bulk_create": BULK_CREATE_EVENTS / seconds(lambda: bulk_create(few_lines)),
    }


def seconds(write: Callable[[], float]) -> float:
    from django.db import connection

    from logs_app.models import ExecutionLog

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE logs_app_executionlog")
        cursor.execute("CHECKPOINT")
    took = write()
    if ExecutionLog.objects.count() not in (EVENTS, BULK_CREATE_EVENTS):
        raise SystemExit(f"{ExecutionLog.objects.count()} rows were written")
    return took


def raw_copy(lines: list[bytes]) -> float:
    from django.db import connection

    from logs_app import rows

    per_copy = 10 * 500  # as many as a batch of the worker has
    blocks = [b"".join(lines[start : start + per_copy]) for start in range(0, len(lines), per_copy)]
    started = time.perf_counter()
    for block in blocks:
        with (
            connection.cursor() as cursor,
            cursor.copy(rows.COPY.format("logs_app_executionlog")) as copy,
        ):
            copy.write(block)
    return time.perf_counter() - started


def by_worker(lines: list[bytes], per_entry: int) -> float:
    """Seconds from the message until the stream is empty, the task's own wait included."""
    from celery import current_app

    from logs_app import stream

    stream.EVENTS_PER_ENTRY = per_entry  # of this process, which plays the ones that log
    for start in range(0, len(lines), 10_000):
        stream.add(lines[start : start + 10_000])
    started = time.perf_counter()
    current_app.send_task("batch_write_logs", ignore_result=True)
    while stream.redis_client.xlen(stream.STREAM):
        time.sleep(0.01)
    return time.perf_counter() - started


def bulk_create(lines: list[bytes]) -> float:
    """Seconds for the rows by Django's bulk_create."""
    from logs_app import rows
    from logs_app.models import ExecutionLog

    events = rows.from_lines(lines)
    started = time.perf_counter()
    for start in range(0, len(events), 1000):
        entries = [ExecutionLog(**event) for event in events[start : start + 1000]]
        ExecutionLog.objects.bulk_create(entries, ignore_conflicts=True)
    return time.perf_counter() - started


def append_cost(count: int) -> float:
    """CPU µs of this process per event, `count` threads at once."""
    from logs_app import buffer

    each = 10_000 // count

    def log() -> None:
        for _ in range(each):
            buffer.append(make_event())

    threads = [threading.Thread(target=log) for _ in range(count)]
    started = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round((time.process_time() - started) / (each * count) * 1e6, 1)


if __name__ == "__main__":
    sys.exit(not main())
