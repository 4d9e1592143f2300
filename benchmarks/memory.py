"""Benchmark of a worker's memory over its life: `python -m benchmarks.memory [ROUNDS]`.

A worker takes hundred after hundred goals to their review, and some of them to the end of their
courses. What it holds after each hundred, when nothing runs, is what counts.
"""

import sys
import time

from benchmarks import lab
from benchmarks.review import to_review

ROUNDS = 8
ROADMAPS = 100
COURSES = 10  # of them
LATENCY_SECONDS = 0.2


def main(rounds: int) -> None:
    lab.set_up()
    with lab.model_server(LATENCY_SECONDS) as models, lab.worker(models=models) as process:
        before = process.look()
        print(f"ready: {before / 1e6:.1f} MB", flush=True)  # noqa: T201
        for number in range(1, rounds + 1):
            to_review(process, ROADMAPS, empty=False)
            write_courses(number * COURSES)
            time.sleep(3)  # the log's last batch
            now = process.look()
            growth = (now - before) / 1e6
            taken = f"after {number * ROADMAPS} roadmaps, {number * COURSES} courses"
            print(f"{taken}: {now / 1e6:.1f} MB, {growth:+.1f}", flush=True)  # noqa: T201
            before = now


def write_courses(count: int) -> None:
    """Approve as many plans as are missing, and wait until there are so many courses."""
    from roadmaps.engine.recovery import recover
    from roadmaps.models import Review
    from roadmaps.services import decide_review

    for review in Review.objects.pending()[: count - lab.in_state("READY")]:
        decide_review(review, "APPROVED", by=None)

    def are_ready() -> bool:
        recover()  # as beat does
        return lab.in_state("READY") == count

    lab.wait_for(are_ready, seconds=900, pause=1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
