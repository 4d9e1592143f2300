"""Rows of what models answered, and the roadmap's status that follows from them.

Callers hold the lease and its transaction.
"""

from collections.abc import Collection

from django.db.models import F
from django.utils import timezone

from content.artifacts.jobs import Result
from content.artifacts.kinds import KINDS, Kind, kind_of
from content.models import COURSE, Artifact, ArtifactStatus
from roadmaps import progress, sentences
from roadmaps.engine import leases
from roadmaps.models import Roadmap, RoadmapStatus
from roadmaps.sentences import Sentence


def save(result: Result) -> str:
    """The result as rows; returns the artifact's status."""
    # Locked, as where answers to a quiz are kept: no card may point to a question that goes at
    # this moment.
    kind = result.job.kind
    rows = kind.model.objects.select_for_update(no_key=True)
    artifact = rows.get(pk=result.job.artifact_id)
    if result.answer is None:
        return save_failure(artifact, result.error)
    kind.fill(artifact, result.answer)
    for name, value in result.drawn.items():
        setattr(artifact, name, value)
    artifact.status, artifact.error, artifact.model = ArtifactStatus.READY, "", result.model
    artifact.save()
    return ArtifactStatus.READY


def save_failure(artifact: Artifact, error: str) -> str:
    """A failed rewrite leaves what was there; its error says so."""
    has_content = kind_of(artifact).has_content(artifact)
    status = ArtifactStatus.READY if has_content else ArtifactStatus.FAILED
    rows = type(artifact).objects.filter(pk=artifact.pk)
    rows.update(status=status, updated_at=timezone.now(), **sentences.columns("error", error))
    return status


def report_failure(roadmap: Roadmap, kind: Kind, concept: str, reason: str) -> None:
    """An event for the roadmap's page; `concept` is its title."""
    message = Sentence(
        "%(part)s of “%(concept)s” failed: %(reason)s",
        part=kind.label,
        concept=concept,
        reason=reason,
    )
    progress.record(roadmap.pk, "artifact_failed", message, level="error")


def settle(
    roadmap: Roadmap, before: Collection[RoadmapStatus] = (*COURSE, RoadmapStatus.GENERATING)
) -> None:
    """READY when every artifact is, else PARTIAL, if it is one of `before`.

    While its plan is being changed, that is what it will go back to.
    """
    # Locked: of two parts that are saved at the same moment, the later one must see the other.
    Roadmap.objects.select_for_update(no_key=True).get(pk=roadmap.pk)
    complete = not any(
        kind.model.objects.missing().filter(concept__roadmap=roadmap).exists()
        for kind in KINDS.values()
    )
    to = RoadmapStatus.READY if complete else RoadmapStatus.PARTIAL
    if Roadmap.objects.filter(pk=roadmap.pk).exclude(course_status="").update(course_status=to):
        return
    Roadmap.objects.filter(pk=roadmap.pk, status__in=before).exclude(status=to).transition(to)


def stop(roadmap: Roadmap) -> None:
    """Whoever writes one of its artifacts anew can save nothing from now on."""
    for kind in KINDS.values():
        missing = kind.model.objects.missing()
        asked_for = missing.filter(concept__roadmap=roadmap, run_id__isnull=False)
        for pk in asked_for.values_list("pk", flat=True):
            leases.revoke(pk)


def lock(roadmap: Roadmap) -> None:
    """Lock its concepts and artifacts, before the roadmap itself is: the order of locks of
    `roadmaps.engine`.
    """
    concepts = roadmap.concepts.select_for_update().order_by("pk")
    keys = list(concepts.values_list("pk", flat=True))
    for kind in KINDS.values():
        artifacts = kind.model.objects.select_for_update().filter(concept__in=keys)
        list(artifacts.order_by("pk").values_list("pk", flat=True))


def put_back(roadmap: Roadmap) -> None:
    """Nothing of the roadmap is being written any more."""
    for kind in KINDS.values():
        rows = kind.model.objects.filter(concept__roadmap=roadmap)
        rows.filter(status=ArtifactStatus.GENERATING).update(status=ArtifactStatus.PENDING)


def ask_anew(concepts: list[int]) -> None:
    """What is there of `concepts` no longer fits; it stays until its roadmap's content is written
    again.
    """
    for kind in KINDS.values():
        rows = kind.model.objects.filter(concept__in=concepts)
        rows.update(status=ArtifactStatus.PENDING, edition=F("edition") + 1, run_id=None, error="")
