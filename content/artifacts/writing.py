"""Answers as rows, and what they make of the roadmap's status.

Callers hold the lease and its transaction.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone

from content.models import (
    ARTIFACTS,
    COURSE,
    Artifact,
    ArtifactStatus,
    Question,
    Quiz,
    Resource,
    ResourceList,
    Tutorial,
)
from content.signals import quiz_written
from roadmaps import sentences
from roadmaps.engine import leases
from roadmaps.models import Roadmap, RoadmapStatus

if TYPE_CHECKING:
    from content.artifacts.generation import Result


def save(result: "Result") -> None:
    # Locked, as where answers to a quiz are kept: no card may point to a question that goes at
    # this moment.
    artifact = (
        ARTIFACTS[result.job.kind]
        .objects.select_for_update(no_key=True)
        .get(pk=result.job.artifact_id)
    )
    if result.answer is None:
        save_failure(artifact, result.error)
        return
    _fill(artifact, result.answer)
    artifact.status, artifact.error, artifact.model = ArtifactStatus.READY, "", result.model
    artifact.save()


def save_failure(artifact: Artifact, error: str) -> None:
    """A failed rewrite leaves what was there; its error says so."""
    status = ArtifactStatus.READY if _has_content(artifact) else ArtifactStatus.FAILED
    rows = type(artifact).objects.filter(pk=artifact.pk)
    rows.update(status=status, updated_at=timezone.now(), **sentences.columns("error", error))


def _has_content(artifact: Any) -> bool:
    if isinstance(artifact, Tutorial):
        return bool(artifact.markdown)
    return (
        artifact.resources.exists()
        if isinstance(artifact, ResourceList)
        else artifact.questions.exists()
    )


def _fill(artifact: Any, answer: Any) -> None:
    if isinstance(artifact, Tutorial):
        artifact.title, artifact.summary, artifact.markdown = (
            answer.title,
            answer.summary,
            answer.markdown,
        )
    elif isinstance(artifact, ResourceList):
        artifact.resources.all().delete()
        Resource.objects.bulk_create(
            Resource(resource_list=artifact, order=order, **resource.model_dump())
            for order, resource in enumerate(answer.resources, start=1)
        )
    elif isinstance(artifact, Quiz):
        artifact.questions.all().delete()
        Question.objects.bulk_create(
            Question(quiz=artifact, order=order, **question.model_dump())
            for order, question in enumerate(answer.questions, start=1)
        )
        quiz_written.send(Quiz, quiz=artifact)


def _states(roadmap: Roadmap) -> set[str]:
    states: set[str] = set()
    for model in ARTIFACTS.values():
        states |= set(
            model.objects.filter(concept__roadmap=roadmap).values_list("status", flat=True)
        )
    return states


def settle(
    roadmap: Roadmap, before: Collection[RoadmapStatus] = (*COURSE, RoadmapStatus.GENERATING)
) -> None:
    """READY when every artifact is, else PARTIAL, if it is one of `before`.

    While its plan is being changed, that is what it will go back to.
    """
    # Locked: of two parts that are saved at the same moment, the later one must see the other.
    Roadmap.objects.select_for_update(no_key=True).get(pk=roadmap.pk)
    complete = _states(roadmap) <= {ArtifactStatus.READY}
    to = RoadmapStatus.READY if complete else RoadmapStatus.PARTIAL
    if Roadmap.objects.filter(pk=roadmap.pk).exclude(course_status="").update(course_status=to):
        return
    Roadmap.objects.filter(pk=roadmap.pk, status__in=before).exclude(status=to).transition(to)


def stop(roadmap: Roadmap) -> None:
    """Whoever writes one of its artifacts anew can save nothing from now on."""
    for model in ARTIFACTS.values():
        asked = model.objects.missing().filter(concept__roadmap=roadmap, run_id__isnull=False)
        for pk in asked.values_list("pk", flat=True):
            leases.revoke(pk)


def put_back(roadmap: Roadmap) -> None:
    """Nothing of the roadmap is being written any more."""
    for model in ARTIFACTS.values():
        writing = model.objects.filter(concept__roadmap=roadmap, status=ArtifactStatus.GENERATING)
        writing.update(status=ArtifactStatus.PENDING)


def ask_anew(concepts: list[int]) -> None:
    """What is there of `concepts` no longer fits; it stays until its roadmap's content is written
    again.
    """
    for model in ARTIFACTS.values():
        rows = model.objects.filter(concept__in=concepts)
        rows.update(status=ArtifactStatus.PENDING, edition=F("edition") + 1, run_id=None, error="")
