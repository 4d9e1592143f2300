"""python -m benchmarks.review: roadmaps from the goal to the review, many at once in one worker
process.

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
    """What `count` roadmaps took together."""

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


def to_review(process: lab.Process, count: int, *others: lab.Process, empty: bool = True) -> Run:
    """State `count` goals at once; the clock runs from their commit until the last waits for its
    review.
    """
    from django.db.models import Count

    from roadmaps.models import ModelCall

    if empty:
        lab.empty()
    waiting, calls = lab.in_state("AWAITING_REVIEW") + count, ModelCall.objects.count()
    processes = (process, *others)
    before = sum(one.cpu_seconds() for one in processes) + lab.database_cpu_seconds()
    lab.request(count)
    started = time.monotonic()
    lab.wait_for(
        lambda: [one.look() for one in processes] and lab.in_state("AWAITING_REVIEW") == waiting,
        pause=0.05,
    )
    seconds = time.monotonic() - started
    used = sum(one.cpu_seconds() for one in processes) + lab.database_cpu_seconds() - before
    longest = (
        ModelCall.objects.values("thread_id").annotate(calls=Count("pk")).order_by("-calls").first()
    )
    floor = (longest["calls"] if longest else 0) * lab.LATENCY_SECONDS
    peak = sum(one.peak_bytes for one in processes)
    return Run(count, seconds, floor, ModelCall.objects.count() - calls, used, peak)


def main() -> list[Figure]:
    lab.set_up()
    with lab.model_server() as models:
        with lab.worker(models=models):
            pass  # its bytecode is there from now on
        with lab.worker(models=models) as process:
            ready = process.ready_seconds
            to_review(process, 5)  # what is made once
            one, many, more = (to_review(process, count) for count in (1, 200, 500))
        with lab.worker(
            "all", "--pool", "prefork", "--concurrency", str(PREFORK_PROCESSES), models=models
        ) as process:
            forked = to_review(process, PREFORK_ROADMAPS)
    return report("review", [*_waiting(one, many, more), *_costs(many, forked), _start(ready)])


def _waiting(one: Run, many: Run, more: Run) -> list[Figure]:
    floor = f"floor {one.floor_seconds:g} s: {one.calls} calls of {lab.LATENCY_SECONDS:g} s"
    return [
        Figure(
            "one roadmap to review", one.ratio, 1.05, "× the floor", f"{one.seconds:.2f} s, {floor}"
        ),
        Figure(
            "200 at once, one worker",
            many.ratio,
            1.4,
            "× the floor",
            f"{many.seconds:.2f} s, {many.calls} calls",
        ),
        Figure("200 at once, memory", many.peak_bytes / 1e6, 220, "MB", "the worker's peak"),
        Figure(
            "500 at once, one worker",
            more.ratio,
            2.2,
            "× the floor",
            f"{more.seconds:.2f} s, {more.calls} calls",
        ),
        Figure("500 at once, memory", more.peak_bytes / 1e6, 300, "MB", "the worker's peak"),
    ]


def _costs(many: Run, forked: Run) -> list[Figure]:
    times = many.per_second_and_gigabyte / forked.per_second_and_gigabyte
    beside = (
        f"{PREFORK_PROCESSES} processes: {forked.count} in {forked.seconds:.1f} s, "
        f"{forked.peak_bytes / 1e6:.0f} MB"
    )
    return [
        Figure("throughput per GB, over prefork", times, 50, "×", beside, more_is_better=True),
        Figure(
            "CPU per model call, all in",
            many.cpu_ms_per_call,
            12,
            "ms",
            "worker and PostgreSQL, of 200 at once",
        ),
    ]


def _start(seconds: float) -> Figure:
    return Figure(
        "worker start to ready", seconds, 3, "s", "manage.py worker all, until it answers a ping"
    )


if __name__ == "__main__":
    sys.exit(not main())
