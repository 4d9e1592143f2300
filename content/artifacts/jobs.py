"""Jobs of the content's runs: artifacts to write, and the models' results."""

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from content.artifacts.kinds import KINDS, Kind
from content.models import Artifact, ArtifactStatus
from roadmaps.models import Concept, Roadmap
from roadmaps.plan import shape
from roadmaps.request.fields import TO_CONTENT

if TYPE_CHECKING:
    from pydantic import BaseModel

OF_CONCEPT = (*shape.COLUMNS, "order")


@dataclass(frozen=True)
class Job:
    """One artifact to write, with all that its prompt says."""

    kind: Kind
    artifact_id: uuid.UUID
    concept_title: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Result:
    """`answer` is of the kind's schema; None when the model failed, with `error` as the reason."""

    job: Job
    answer: "BaseModel | None"
    model: str = ""
    error: str = ""
    drawn: dict[str, Any] = field(default_factory=dict)  # columns; see `drawings.of_answer`


def job_of(kind: Kind, artifact: Artifact) -> Job:
    concept = artifact.concept
    return Job(kind, artifact.pk, concept.title, payload(concept, artifact.edition))


def payload(concept: Concept, edition: int = 1) -> dict[str, Any]:
    """What the prompts say of a concept; `edition` makes an asked-for rewrite a new question."""
    prerequisites = [other.title for other in concept.prerequisites.all()]
    return {
        "concept": {name: getattr(concept, name) for name in OF_CONCEPT}
        | {"prerequisites": prerequisites},
        "module": concept.module.title,
        "stage": concept.module.stage.title,
        "roadmap": {name: getattr(concept.roadmap, name) for name in ("title", *TO_CONTENT)},
        "edition": edition,
    }


def missing_jobs(roadmap: Roadmap) -> list[Job]:
    """Jobs for all artifacts that aren't there yet, in reading order; their rows are GENERATING."""
    jobs: list[Job] = []
    concepts = list(roadmap.concepts.values_list("pk", flat=True))
    for kind in KINDS.values():
        artifacts = (kind.model(concept_id=pk) for pk in concepts)
        kind.model.objects.bulk_create(artifacts, ignore_conflicts=True)

        missing = kind.model.objects.missing().filter(concept__roadmap=roadmap)
        missing.update(status=ArtifactStatus.GENERATING, error="")
        rows = missing.select_related("concept__module__stage", "concept__roadmap")
        rows = rows.prefetch_related("concept__prerequisites").order_by("concept__order")
        jobs += [job_of(kind, artifact) for artifact in rows]
    return sorted(jobs, key=lambda job: job.payload["concept"]["order"])
