"""python -m benchmarks.content: all content of a course of 60 concepts, 180 artifacts, at
LLM_CONCURRENCY=64.
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
        written(4)  # what is made once
        seconds = written(CONCEPTS)
        process.look()
    artifacts = CONCEPTS * 3
    floor = math.ceil(artifacts / CONCURRENCY) * lab.LATENCY_SECONDS
    beside = f"{seconds:.2f} s, floor {floor:g} s: {artifacts} calls, {CONCURRENCY} at once"
    return report(
        "content", [Figure("content of 60 concepts", seconds / floor, 1.2, "× the floor", beside)]
    )


def written(concepts: int) -> float:
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
    started = time.monotonic()
    lab.wait_for(lambda: lab.in_state("READY") == 1)
    return time.monotonic() - started


def plan_of(concepts: int) -> Any:
    """Two stages with modules of five concepts."""
    made = [_concept(number) for number in range(concepts)]
    modules = [
        _part(f"m{at}", f"Module {at}") | {"concepts": made[at : at + 5]}
        for at in range(0, concepts, 5)
    ]
    half = len(modules) // 2 or 1
    stages = [
        _part("s1", "First stage") | {"modules": modules[:half]},
        _part("s2", "Second") | {"modules": modules[half:]},
    ]
    return {"title": "Bread", "summary": "Bread", "stages": stages}


def _part(key: str, title: str) -> dict[str, Any]:
    return {"id": key, "title": title, "summary": f"{title} of the course"}


def _concept(number: int) -> dict[str, Any]:
    facts = {
        "minutes": 60,
        "difficulty": "beginner",
        "keywords": ["bread"],
        "outcomes": ["Bake bread"],
    }
    needs = [f"c{number - 1}"] if number else []
    return _part(f"c{number}", f"Concept number {number}") | facts | {"prerequisites": needs}


if __name__ == "__main__":
    sys.exit(not main())
