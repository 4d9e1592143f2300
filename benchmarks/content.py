"""Benchmark of a course's content, 180 artifacts at once: `python -m benchmarks.content`.

A course of 60 concepts is written at LLM_CONCURRENCY=64.
"""

import math
import sys
import time
from typing import Any

from benchmarks import lab
from benchmarks.figures import Figure, report

CONCEPTS = 60
CONCURRENCY = 64


def main() -> list[Figure]:
    lab.set_up()
    with (
        lab.model_server() as models,
        lab.worker(models=models, LLM_CONCURRENCY=str(CONCURRENCY)) as process,
    ):
        seconds_to_write(4)  # warm-up
        seconds = seconds_to_write(CONCEPTS)
        process.look()
    artifacts = CONCEPTS * 3
    floor = math.ceil(artifacts / CONCURRENCY) * lab.LATENCY_SECONDS
    beside = f"{seconds:.2f} s, floor {floor:g} s: {artifacts} calls, {CONCURRENCY} at once"
    return report(
        "content", [Figure("content of 60 concepts", seconds / floor, 1.2, "× the floor", beside)]
    )


def seconds_to_write(concepts: int) -> float:
    """Seconds from the commit of the approved plan until its course is ready."""
    from django.db import transaction

    from roadmaps.models import Roadmap, RoadmapStatus
    from roadmaps.runs.publishing import create
    from roadmaps.signals import roadmap_approved

    lab.empty()
    with transaction.atomic():
        roadmap = Roadmap.objects.create(
            owner=lab.person(), goal="Learn to bake bread", status=RoadmapStatus.GENERATING
        )
        create(roadmap, plan_of(concepts))
        roadmap_approved.send(sender=Roadmap, roadmap=roadmap)
    start = time.monotonic()
    lab.wait_for(lambda: lab.in_state("READY") == 1)
    return time.monotonic() - start


def plan_of(count: int) -> Any:
    """A plan of two stages with modules of five concepts."""
    concepts = []
    previous: list[str] = []
    for number in range(count):
        values = {
            "minutes": 60,
            "difficulty": "beginner",
            "keywords": ["bread"],
            "outcomes": ["Bake bread"],
            "prerequisites": previous,
        }
        concepts.append(_part(f"c{number}", f"Concept number {number}") | values)
        previous = [f"c{number}"]

    modules = [
        _part(f"m{first}", f"Module {first}") | {"concepts": concepts[first : first + 5]}
        for first in range(0, count, 5)
    ]
    half = len(modules) // 2 or 1
    stages = [
        _part("s1", "First stage") | {"modules": modules[:half]},
        _part("s2", "Second") | {"modules": modules[half:]},
    ]
    return {"title": "Bread", "summary": "Bread", "stages": stages}


def _part(key: str, title: str) -> dict[str, Any]:
    return {"id": key, "title": title, "summary": f"{title} of the course"}


if __name__ == "__main__":
    sys.exit(not main())
