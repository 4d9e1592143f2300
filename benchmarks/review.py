"""Benchmark of roadmaps up to their review, many in one worker: `python -m benchmarks.review`.

The floor is the model server's own critical path: the calls of one roadmap, one after the other.
"""

import sys
import time
from dataclasses import dataclass

from benchmarks import lab
from benchmarks.figures import Figure, report

PREFORK_PROCESSES = 4
PREFORK_ROADMAPS = 12


@dataclass(frozen=True)
class Run:
    """Time, calls, CPU and memory of `count` roadmaps together."""

    count: int
    seconds: float
    floor_seconds: float
    calls: int
    cpu_seconds: float  # of the worker and of PostgreSQL
    peak_bytes: int

    @property
    def ratio(self) -> float:
        return self.seconds / self.floor_seconds

    @property
    def cpu_ms_per_call(self) -> float:
        return self.cpu_seconds / self.calls * 1000

    @property
    def per_second_and_gigabyte(self) -> float:
        return self.count / self.seconds / (self.peak_bytes / 1e9)


def to_review(process: lab.Process, count: int, *more: lab.Process, empty: bool = True) -> Run:
    """State `count` goals at once, and measure until the last waits for its review.

    The clock begins to run at their commit.
    """
    from django.db.models import Count

    from roadmaps.models import ModelCall

    if empty:
        lab.empty()
    waiting, calls = lab.in_state("AWAITING_REVIEW") + count, ModelCall.objects.count()
    workers = (process, *more)

    def cpu_seconds() -> float:
        return sum(worker.cpu_seconds() for worker in workers) + lab.database_cpu_seconds()

    def all_wait() -> bool:
        for worker in workers:
            worker.look()
        return lab.in_state("AWAITING_REVIEW") == waiting

    start_cpu = cpu_seconds()
    lab.request(count)
    start = time.monotonic()
    lab.wait_for(all_wait, pause=0.05)
    seconds = time.monotonic() - start
    cpu = cpu_seconds() - start_cpu

    by_thread = ModelCall.objects.values("thread_id").annotate(calls=Count("pk"))
    longest = by_thread.order_by("-calls").first()
    floor = longest["calls"] * lab.LATENCY_SECONDS if longest else 0.0
    peak = sum(worker.peak_bytes for worker in workers)
    return Run(count, seconds, floor, ModelCall.objects.count() - calls, cpu, peak)


def main() -> list[Figure]:
    lab.set_up()
    with lab.model_server() as models:
        with lab.worker(models=models):
            pass  # its bytecode is there from now on
        with lab.worker(models=models) as process:
            ready = process.ready_seconds
            to_review(process, 5)  # warm-up
            alone, many, more = (to_review(process, count) for count in (1, 200, 500))
        with lab.worker(
            "all", "--pool", "prefork", "--concurrency", str(PREFORK_PROCESSES), models=models
        ) as process:
            forked = to_review(process, PREFORK_ROADMAPS)

    floor = f"floor {alone.floor_seconds:g} s: {alone.calls} calls of {lab.LATENCY_SECONDS:g} s"
    beside_alone = f"{alone.seconds:.2f} s, {floor}"
    beside_many = f"{many.seconds:.2f} s, {many.calls} calls"
    beside_more = f"{more.seconds:.2f} s, {more.calls} calls"
    times = many.per_second_and_gigabyte / forked.per_second_and_gigabyte
    prefork = (
        f"{PREFORK_PROCESSES} processes: {forked.count} in {forked.seconds:.1f} s, "
        f"{forked.peak_bytes / 1e6:.0f} MB"
    )
    cpu, of_cpu = many.cpu_ms_per_call, "worker and PostgreSQL, of 200 at once"
    start = "manage.py worker all, until it answers a ping"
    figures = [
        Figure("one roadmap to review", alone.ratio, 1.05, "× the floor", beside_alone),
        Figure("200 at once, one worker", many.ratio, 1.4, "× the floor", beside_many),
        Figure("200 at once, memory", many.peak_bytes / 1e6, 220, "MB", "the worker's peak"),
        Figure("500 at once, one worker", more.ratio, 2.2, "× the floor", beside_more),
        Figure("500 at once, memory", more.peak_bytes / 1e6, 300, "MB", "the worker's peak"),
        Figure("throughput per GB, over prefork", times, 50, "×", prefork, more_is_better=True),
        Figure("CPU per model call, all in", cpu, 12, "ms", of_cpu),
        Figure("worker start to ready", ready, 3, "s", start),
    ]
    return report("review", figures)


if __name__ == "__main__":
    sys.exit(not main())
