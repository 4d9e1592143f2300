"""python -m benchmarks.logs: rows per second by one real logs worker, beside raw COPY of the same rows.

Also what an event costs the thread that logs it. PostgreSQL and Redis are this benchmark's own, under var/bench/logs.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "bench" / "logs.json"
EVENTS = 200_000
ROUNDS = 3
THREADS = 200
BULK_CREATE_EVENTS = 20_000


def main() -> None:
    set_up()
    from logs_app import rows

    with logs_worker():
        measured = [one_round() for _ in range(ROUNDS)]
    rates = {name: round(statistics.median(one[name] for one in measured)) for name in measured[0]}
    ratios = [one["one logs worker"] / one["raw COPY"] for one in measured]
    result = {
        "events": EVENTS,
        "bytes_per_event": round(len(rows.to_line(make_event())), 1),
        "rows_per_second": rates,
        "worker_to_raw_copy": round(statistics.median(ratios), 2),
        "append_cpu_us": {"1 thread": append_cost(1), f"{THREADS} threads": append_cost(THREADS)},
    }
    show(result)


def set_up() -> None:
    os.environ |= {"VAR_DIR": str(ROOT / "var/bench/logs"), "LOG_LEVEL": "ERROR", "DATABASE_URL": "", "REDIS_URL": ""}
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


@contextmanager
def logs_worker() -> Iterator[None]:
    from config.celery import app

    process = subprocess.Popen([sys.executable, "manage.py", "worker", "logs"], cwd=ROOT)
    try:
        while not app.control.ping(timeout=0.5):
            if process.poll() is not None:
                raise SystemExit("the worker did not start")
        yield
    finally:
        process.terminate()
        process.wait()


def make_event() -> dict[str, object]:
    from logs_app import buffer

    return buffer.make_event(uuid.uuid4(), "node_finished", "Designing the plan: done", "info", {"node": "design"})


def one_round() -> dict[str, float]:
    """Rows per second of each way, on the same rows in an emptied table."""
    from logs_app import rows

    lines = [rows.to_line(make_event()) for _ in range(EVENTS)]
    return {
        "raw COPY": EVENTS / seconds(lambda: raw_copy(lines)),
        "one logs worker": EVENTS / seconds(lambda: by_worker(lines, 10)),
        "one logs worker, an entry per event": EVENTS / seconds(lambda: by_worker(lines, 1)),
        "bulk_create": BULK_CREATE_EVENTS / seconds(lambda: bulk_create(lines[:BULK_CREATE_EVENTS])),
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
        with connection.cursor() as cursor, cursor.copy(rows.COPY.format("logs_app_executionlog")) as copy:
            copy.write(block)
    return time.perf_counter() - started


def by_worker(lines: list[bytes], per_entry: int) -> float:
    """From the moment the message is sent until the stream is empty, the task's own wait included."""
    from celery import current_app

    from logs_app import stream

    stream.EVENTS_PER_ENTRY = per_entry  # of this process, which plays the ones that log
    for start in range(0, len(lines), 10_000):
        stream.add(lines[start : start + 10_000])
    started = time.perf_counter()
    current_app.send_task("batch_write_logs", ignore_result=True)
    while stream._client.xlen(stream.STREAM):
        time.sleep(0.01)
    return time.perf_counter() - started


def bulk_create(lines: list[bytes]) -> float:
    """As Django does it, events to rows."""
    from logs_app import rows
    from logs_app.models import ExecutionLog

    events = rows.from_lines(lines)
    started = time.perf_counter()
    for start in range(0, len(events), 1000):
        made = [ExecutionLog(**event) for event in events[start : start + 1000]]
        ExecutionLog.objects.bulk_create(made, ignore_conflicts=True)
    return time.perf_counter() - started


def append_cost(count: int) -> float:
    """CPU µs of this process per event, `count` threads at once."""
    from logs_app import buffer

    each = 10_000 // count

    def log() -> None:
        for _ in range(each):
            buffer.append(make_event())

    made = [threading.Thread(target=log) for _ in range(count)]
    started = time.process_time()
    for one in made:
        one.start()
    for one in made:
        one.join()
    return round((time.process_time() - started) / (each * count) * 1e6, 1)


def show(result: dict[str, object]) -> None:
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(result, indent=2))
    lines = [f"| {name} | {rate:,} rows/s |" for name, rate in result["rows_per_second"].items()]  # type: ignore[attr-defined]
    lines += [f"| one logs worker ÷ raw COPY, in one round | {result['worker_to_raw_copy']} |"]
    lines += [f"| append(), {name} | {cost} µs CPU |" for name, cost in result["append_cpu_us"].items()]  # type: ignore[attr-defined]
    print("\n".join(["| what | median of 3 |", "|---|---|", *lines]))  # noqa: T201 - what a benchmark is for


if __name__ == "__main__":
    main()
