"""Receivers of events of roadmaps, and what content registers with it."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.dispatch import receiver

from content.artifacts import rewrites, writing
from content.artifacts.kinds import KINDS
from content.exports import jobs
from roadmaps.engine import dispatch, recovery
from roadmaps.models import Roadmap, RoadmapStatus
from roadmaps.removal import personal_data, retention
from roadmaps.signals import (
    content_taken_over,
    plan_changed,
    roadmap_approved,
    roadmap_ended,
    roadmap_withdrawn,
)

for kind in KINDS.values():
    recovery.register(rewrites.recoverable(kind))
recovery.register(jobs.RECOVERABLE)


@receiver(roadmap_approved)
def dispatch_content(roadmap: Roadmap, **_: Any) -> None:
    dispatch.send_on_commit(rewrites.GENERATE, roadmap.pk, roadmap.run_id)


@receiver(plan_changed)
def write_again(concepts: list[int], **_: Any) -> None:
    writing.ask_anew(concepts)


@receiver(roadmap_ended)
def put_back(roadmap: Roadmap, **_: Any) -> None:
    """Not of a course whose plan was being changed: who writes a part of that alone goes on."""
    if (
        roadmap.status in (RoadmapStatus.CANCELLED, RoadmapStatus.FAILED)
        and not roadmap.is_changing
    ):
        writing.put_back(roadmap)


@receiver(content_taken_over)
def stop_rewrites(roadmap: Roadmap, **_: Any) -> None:
    writing.stop(roadmap)


@receiver(roadmap_withdrawn)
def withdraw(roadmap: Roadmap, **_: Any) -> None:
    jobs.withdraw(roadmap)
    writing.stop(roadmap)
    writing.lock(roadmap)


@retention.part
def prune_exports() -> dict[str, int]:
    return {"exports": jobs.prune_exports()}


@personal_data.part
def courses_of(user: User) -> Iterator[tuple[str, Any]]:
    from content.exports import rows  # pydantic: only for those who ask

    for roadmap in Roadmap.objects.filter(owner=user, concepts__isnull=False).distinct().iterator():
        yield f"courses/{roadmap.pk}", rows.load(roadmap).model_dump(mode="json")
