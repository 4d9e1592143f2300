"""Benchmark of a provider that refuses by 429: `python -m benchmarks.refusals`.

Courses are designed and written by one worker: with answers only, with every tenth call refused,
which is to be sent again after a second, and a few of them with every third call refused, where
the limit has to sink.
"""

import itertools
import sys
import time
from dataclasses import dataclass

from benchmarks import lab
from benchmarks.figures import Figure, report
from tests.model_server import ModelServer

ROADMAPS, FEW = 30, 6
CONCURRENCY = 64
RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True)
class Run:
    seconds: float
    calls: int
    refused: int
    unfinished: int  # courses that lack a part, or have none

    @property
    def in_words(self) -> str:
        return (
            f"{self.seconds:.1f} s, {self.calls} calls, {self.refused} of them refused, "
            f"{self.unfinished} courses not whole"
        )


def main() -> list[Figure]:
    lab.set_up()
    options = {"LLM_CONCURRENCY": str(CONCURRENCY), "AUTO_APPROVE_MIN_SCORE": "1"}
    with (
        ModelServer(latency=lab.LATENCY_SECONDS) as server,
        lab.worker(models=server.url, **options),
    ):
        server.retry_after = str(RETRY_AFTER_SECONDS)
        courses(server, 1, None)  # warm-up
        alone = courses(server, ROADMAPS, None)
        tenth = courses(server, ROADMAPS, 10)
        third = courses(server, FEW, 3)
    ratio = tenth.seconds / alone.seconds
    figures = [
        Figure("every tenth call refused", ratio, 1.5, "× the time without", tenth.in_words),
        figure("calls a second, none refused", alone, 20),
        figure("calls a second, every third refused", third, 1),
    ]
    return report("refusals", figures)


def figure(what: str, run: Run, least: float) -> Figure:
    return Figure(what, run.calls / run.seconds, least, "", run.in_words, more_is_better=True)


def courses(server: ModelServer, count: int, refuse_every: int | None) -> Run:
    """Write `count` courses, from their goals to the last part of their content."""
    lab.empty()
    server.calls.clear()
    server.faults.clear()
    if refuse_every:
        numbers = itertools.count(1)
        server.faults["*"] = lambda _call: None if next(numbers) % refuse_every else "429"
    start = time.monotonic()
    lab.request(count)
    lab.wait_for(lambda: lab.in_state("READY", "PARTIAL", "FAILED") == count, seconds=1200)
    seconds = time.monotonic() - start
    refused = sum(call["fault"] == "429" for call in server.calls)
    return Run(seconds, server.count(), refused, lab.in_state("PARTIAL", "FAILED"))


if __name__ == "__main__":
    sys.exit(not main())
