"""Outline of a course for its page: the plan, its artifacts' states, and the time that is left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from content.artifacts.kinds import KINDS, RELATIONS
from content.models import ArtifactStatus
from roadmaps import sentences
from roadmaps.models import Concept, Roadmap, RoadmapStatus

Json = dict[str, Any]
PACE_LEAST = 3  # parts written in this run, before it tells a pace
FIELDS = ("pk", "key", "title", "slug", "minutes", "difficulty", "module__key", "module__title")
STAGE = ("module__stage__key", "module__stage__title")


@dataclass
class Course:
    """`plan` is shaped as a draft's plan is; concepts also have `href`, `state` and `artifacts`."""

    plan: Json
    ready: int = 0
    failed: int = 0
    total: int = 0
    minutes_left: int | None = None  # None: unknown


def read(roadmap: Roadmap, progress: dict[int, str] | None = None) -> Course | None:
    """None before the plan is approved. `progress`: concept id → done, started or new."""
    statuses = [f"{relation}__status" for relation in RELATIONS]
    times = [f"{relation}__updated_at" for relation in RELATIONS]
    rows = list(roadmap.concepts.order_by("order").values(*FIELDS, *STAGE, *statuses, *times))
    if not rows:
        return None

    prerequisites = prerequisites_of(roadmap)
    concepts = []
    for row in rows:
        state = (progress or {}).get(row["pk"], "")
        concepts.append(concept_of(roadmap, row, prerequisites.get(row["pk"], []), state))
    states = [row[name] for row in rows for name in statuses]
    course = Course(
        plan={"title": str(roadmap), "stages": stages_of(rows, concepts)},
        ready=states.count(ArtifactStatus.READY),
        failed=states.count(ArtifactStatus.FAILED),
        total=len(states),
    )
    if roadmap.status == RoadmapStatus.GENERATING:
        course.minutes_left = minutes_left(roadmap, rows, course)
    return course


def prerequisites_of(roadmap: Roadmap) -> dict[int, list[str]]:
    """Keys of the concepts that each concept builds on, by its id."""
    through = Concept.prerequisites.through
    links = through.objects.filter(from_concept__roadmap=roadmap).order_by("pk")
    prerequisites: dict[int, list[str]] = {}
    for concept, key in links.values_list("from_concept", "to_concept__key"):
        prerequisites.setdefault(concept, []).append(key)
    return prerequisites


def concept_of(roadmap: Roadmap, row: Json, prerequisites: list[str], progress: str) -> Json:
    artifacts = []
    states = set()
    for kind in KINDS.values():
        state = ArtifactStatus(row[f"{kind.relation}__status"] or ArtifactStatus.PENDING)
        label = _("%(part)s: %(state)s") % {
            "part": sentences.in_words(kind.label),
            "state": _(state.label).lower(),
        }
        artifacts.append({"state": state.lower(), "words": label})
        states.add(state.value)
    return {
        "id": row["key"],
        "title": row["title"],
        "minutes": row["minutes"],
        "difficulty": row["difficulty"],
        "prerequisites": prerequisites,
        "href": Concept(roadmap_id=roadmap.pk, slug=row["slug"]).get_absolute_url(),
        "state": state_of(states),
        "progress": progress,
        "artifacts": artifacts,
    }


def state_of(statuses: set[str]) -> str:
    """State of a concept by its artifacts': ready, failed, writing or waiting."""
    if statuses <= {ArtifactStatus.READY}:
        return "ready"
    if ArtifactStatus.FAILED in statuses:
        return "failed"
    return "waiting" if statuses <= {ArtifactStatus.PENDING} else "writing"


def stages_of(rows: list[Json], concepts: list[Json]) -> list[Json]:
    stages: list[Json] = []
    for row, concept in zip(rows, concepts, strict=True):
        if not stages or stages[-1]["id"] != row["module__stage__key"]:
            title = row["module__stage__title"]
            stages.append({"id": row["module__stage__key"], "title": title, "modules": []})
        modules = stages[-1]["modules"]
        if not modules or modules[-1]["id"] != row["module__key"]:
            title = row["module__title"]
            modules.append({"id": row["module__key"], "title": title, "concepts": []})
        modules[-1]["concepts"].append(concept)
    return stages


def minutes_left(roadmap: Roadmap, rows: list[Json], course: Course) -> int | None:
    """By the pace of this run; a run that stands still gets slower and slower."""
    began: datetime = roadmap.dispatched_at
    written = 0
    for row in rows:
        for relation in RELATIONS:
            ready = row[f"{relation}__status"] == ArtifactStatus.READY
            written += ready and row[f"{relation}__updated_at"] >= began
    if written < PACE_LEAST:
        return None
    pace = (timezone.now() - began).total_seconds() / written
    return round(pace * (course.total - course.ready - course.failed) / 60)


def summary_of(concept: Json, prerequisites: list[str]) -> str:
    """One line: its minutes, its difficulty, and the titles of its prerequisites."""
    parts = [
        _("%(minutes)s min") % {"minutes": concept["minutes"]},
        Roadmap.Level.word(concept["difficulty"]),
    ]
    if prerequisites:
        parts.append(_("after %(titles)s") % {"titles": ", ".join(prerequisites)})
    return " · ".join(parts)


def in_words(state: str) -> str:
    """For who can't see colours and shapes."""
    labels = {
        "ready": _("ready to read"),
        "failed": _("a part could not be written"),
        "writing": _("being written"),
        "waiting": _("not written yet"),
        "done": _("done"),
        "started": _("started"),
    }
    return labels.get(state, "")
