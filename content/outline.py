"""A course as its page shows it: the plan with what is there of each concept, and how long the
rest will take.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from content.models import ARTIFACTS, ArtifactStatus
from roadmaps.models import Concept, Roadmap, RoadmapStatus

Json = dict[str, Any]
RELATIONS = {"tutorial": "tutorial", "resources": "resource_list", "quiz": "quiz"}
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
    statuses = [f"{relation}__status" for relation in RELATIONS.values()]
    times = [f"{relation}__updated_at" for relation in RELATIONS.values()]
    rows = list(roadmap.concepts.order_by("order").values(*FIELDS, *STAGE, *statuses, *times))
    if not rows:
        return None
    needed = _prerequisites(roadmap)
    concepts = [
        _concept(roadmap, row, needed.get(row["pk"], []), (progress or {}).get(row["pk"], ""))
        for row in rows
    ]
    course = Course(
        {"title": str(roadmap), "stages": _stages(rows, concepts)}, total=len(rows) * len(ARTIFACTS)
    )
    found = [row[name] for row in rows for name in statuses]
    course.ready, course.failed = (
        found.count(ArtifactStatus.READY),
        found.count(ArtifactStatus.FAILED),
    )
    if roadmap.status == RoadmapStatus.GENERATING:
        course.minutes_left = _left(roadmap, rows, course)
    return course


def _prerequisites(roadmap: Roadmap) -> dict[int, list[str]]:
    links = Concept.prerequisites.through.objects.filter(from_concept__roadmap=roadmap).order_by(
        "pk"
    )
    needed: dict[int, list[str]] = {}
    for concept, key in links.values_list("from_concept", "to_concept__key"):
        needed.setdefault(concept, []).append(key)
    return needed


def _concept(roadmap: Roadmap, row: Json, needed: list[str], progress: str) -> Json:
    found = {
        kind: row[f"{relation}__status"] or ArtifactStatus.PENDING
        for kind, relation in RELATIONS.items()
    }
    return {
        "id": row["key"],
        "title": row["title"],
        "minutes": row["minutes"],
        "difficulty": row["difficulty"],
        "prerequisites": needed,
        "href": Concept(roadmap_id=roadmap.pk, slug=row["slug"]).get_absolute_url(),
        "state": state_of(set(found.values())),
        "progress": progress,
        "artifacts": [
            {"state": state.lower(), "words": _told(kind, state)} for kind, state in found.items()
        ],
    }


def state_of(statuses: set[str]) -> str:
    """One word for what is there of a concept: ready, failed, writing or waiting."""
    if statuses <= {ArtifactStatus.READY}:
        return "ready"
    if ArtifactStatus.FAILED in statuses:
        return "failed"
    return "waiting" if statuses <= {ArtifactStatus.PENDING} else "writing"


def _stages(rows: list[Json], concepts: list[Json]) -> list[Json]:
    stages: list[Json] = []
    for row, concept in zip(rows, concepts, strict=True):
        if not stages or stages[-1]["id"] != row["module__stage__key"]:
            stages.append(
                {
                    "id": row["module__stage__key"],
                    "title": row["module__stage__title"],
                    "modules": [],
                }
            )
        modules = stages[-1]["modules"]
        if not modules or modules[-1]["id"] != row["module__key"]:
            modules.append(
                {"id": row["module__key"], "title": row["module__title"], "concepts": []}
            )
        modules[-1]["concepts"].append(concept)
    return stages


def _left(roadmap: Roadmap, rows: list[Json], course: Course) -> int | None:
    """Minutes, by the pace of this run; a run that stands still gets slower and slower."""
    began: datetime = roadmap.dispatched_at
    states = [
        (row[f"{one}__status"], row[f"{one}__updated_at"])
        for row in rows
        for one in RELATIONS.values()
    ]
    written = sum(state == ArtifactStatus.READY and at >= began for state, at in states if at)
    if written < PACE_LEAST:
        return None
    seconds: float = (
        (timezone.now() - began).total_seconds()
        / written
        * (course.total - course.ready - course.failed)
    )
    return round(seconds / 60)


def _told(kind: str, state: str) -> str:
    name = {"tutorial": _("Tutorial"), "resources": _("Resources"), "quiz": _("Quiz")}[kind]
    return _("%(part)s: %(state)s") % {
        "part": name,
        "state": _(ArtifactStatus(state).label).lower(),
    }


def facts(concept: Json, after: list[str]) -> str:
    told = [
        _("%(minutes)s min") % {"minutes": concept["minutes"]},
        Roadmap.Level.word(concept["difficulty"]),
    ]
    return " · ".join(
        [*told, *([_("after %(titles)s") % {"titles": ", ".join(after)}] if after else [])]
    )


def in_words(state: str) -> str:
    """For who can't see colours and shapes."""
    return {
        "ready": _("ready to read"),
        "failed": _("a part could not be written"),
        "writing": _("being written"),
        "waiting": _("not written yet"),
        "done": _("done"),
        "started": _("started"),
    }.get(state, "")
