"""Writing artifacts: the loop asks the models, this thread saves each answer as it comes."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import CancelledError

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import F

from content.artifacts import prompts, writing
from content.artifacts.jobs import Job, Result, job_of, missing_jobs
from content.artifacts.kinds import KINDS, Kind
from content.models import COURSE, Artifact, ArtifactStatus
from roadmaps import llm, progress
from roadmaps.engine import checkpointer, leases, loop
from roadmaps.exceptions import LeaseLost, LLMError, RunNotClaimed
from roadmaps.models import ModelCall, Roadmap, RoadmapStatus
from roadmaps.runs import stops
from roadmaps.sentences import Sentence
from roadmaps.signals import roadmap_ended

logger = logging.getLogger(__name__)

ENDED = {
    RoadmapStatus.READY: Sentence("The course is ready"),
    RoadmapStatus.PARTIAL: Sentence("The course is ready in parts"),
}


def write_missing(roadmap_id: uuid.UUID, run_id: uuid.UUID) -> str:
    """Write all artifacts of the roadmap that aren't there yet; returns the roadmap's status or
    "refused".
    """
    claimable = Roadmap.objects.filter(
        pk=roadmap_id, run_id=run_id, status=RoadmapStatus.GENERATING
    )
    try:
        with leases.hold(roadmap_id, lambda: claimable.update(attempts=F("attempts") + 1)) as held:
            return _drive(Roadmap.objects.get(pk=roadmap_id), held)
    except RunNotClaimed:
        return "refused"


def _drive(roadmap: Roadmap, held: leases.Hold) -> str:
    try:
        with held.writing():
            writing.stop(
                roadmap
            )  # who began to write a part alone just before the course was locked for this run
            jobs = missing_jobs(roadmap)
            if not jobs:
                _end(roadmap, held)
        for written, result in enumerate(_results(roadmap, jobs, held), start=1):
            with held.writing():
                writing.save(result)
                _tell(roadmap, result)
                if written == len(jobs):
                    _end(roadmap, held)
        return roadmap.status
    except (LeaseLost, CancelledError):
        return "stopped"
    except loop.DATABASE_AWAY:
        raise  # the database is away: the lease runs out and recover sends the run again
    except Exception as exc:  # noqa: BLE001 - the run's boundary: whatever went wrong ends as a reason on the row
        try:
            return stops.fail(roadmap, held, exc)
        except LeaseLost:
            return "stopped"


def _end(roadmap: Roadmap, held: leases.Hold) -> None:
    writing.settle(roadmap)
    held.end()
    roadmap.refresh_from_db()
    roadmap_ended.send(sender=Roadmap, roadmap=roadmap)
    progress.record(roadmap.pk, "content_finished", ENDED[RoadmapStatus(roadmap.status)])


def rewrite(name: str, concept_id: int, run_id: uuid.UUID) -> str:
    """Write one artifact anew; returns its status or "refused"."""
    kind = KINDS[name]
    rows = kind.model.objects.select_related("concept__roadmap")
    artifact = rows.filter(concept_id=concept_id).first()
    if artifact is None:
        return "refused"
    claimable = kind.model.objects.being_rewritten().filter(pk=artifact.pk, run_id=run_id)
    claimed = {"status": ArtifactStatus.GENERATING, "attempts": F("attempts") + 1}
    try:
        with leases.hold(artifact.pk, lambda: claimable.update(**claimed)) as held:
            return _rewrite(kind, artifact, held)
    except RunNotClaimed:
        return "refused"


def _rewrite(kind: Kind, artifact: Artifact, held: leases.Hold) -> str:
    roadmap = artifact.concept.roadmap
    try:
        for result in _results(roadmap, [job_of(kind, artifact)], held):
            _end_rewrite(roadmap, result, held)
    except (LeaseLost, CancelledError):
        return "stopped"
    except loop.DATABASE_AWAY:
        raise  # the lease runs out and recover sends it again
    except Exception as exc:  # noqa: BLE001 - the artifact's boundary: whatever went wrong ends as its reason
        return _fail_rewrite(kind, artifact, held, exc)
    artifact.refresh_from_db()
    return artifact.status


def _end_rewrite(roadmap: Roadmap, result: Result, held: leases.Hold) -> None:
    with held.writing():
        writing.save(result)
        writing.settle(roadmap, COURSE)
        held.end()
        _tell(roadmap, result)


def _fail_rewrite(kind: Kind, artifact: Artifact, held: leases.Hold, exc: Exception) -> str:
    title = artifact.concept.title
    logger.error("%s of %r was not written anew", kind.name, title, exc_info=exc)
    failed = Result(Job(kind, artifact.pk, title, payload={}), answer=None, error=_reason_of(exc))
    try:
        _end_rewrite(artifact.concept.roadmap, failed, held)
    except (LeaseLost, ObjectDoesNotExist):  # deleted meanwhile
        return "stopped"
    artifact.refresh_from_db()
    return artifact.status


def _reason_of(exc: Exception) -> str:
    if isinstance(exc, TimeoutError):
        return Sentence(
            "It took longer than %(limit)s seconds.", limit=settings.RUN_TIMEOUT_SECONDS
        )
    if isinstance(exc, SoftTimeLimitExceeded):  # of a worker's own line, under prefork
        return Sentence("It took too long.")
    return _unexpected(exc)


def _unexpected(exc: Exception) -> str:
    return Sentence(
        "Unexpected %(error)s; the worker's log has the details.", error=type(exc).__name__
    )


def _results(roadmap: Roadmap, jobs: list[Job], held: leases.Hold) -> Iterable[Result]:
    asked = ModelCall.objects.asked_by(roadmap.thread_id)
    return loop.stream(_answers(jobs, str(roadmap.thread_id), asked), on_cancel=held.on_lost)


async def _answers(jobs: list[Job], thread_id: str, asked: set[str]) -> AsyncIterator[Result]:
    """Results in the order in which they are finished; the model door bounds how many are asked at
    once.
    """
    tasks = [asyncio.create_task(_answer(job, thread_id, asked)) for job in jobs]
    try:
        async with asyncio.timeout(settings.RUN_TIMEOUT_SECONDS):
            for finished in asyncio.as_completed(tasks):
                yield await finished
    finally:
        for task in tasks:
            task.cancel()


async def _answer(job: Job, thread_id: str, asked: set[str]) -> Result:
    try:
        role, schema = job.kind.name, job.kind.schema
        messages = prompts.messages(role, job.payload)
        pool = await checkpointer.pool()
        call = await llm.ask(role, messages, schema, thread_id=thread_id, pool=pool, asked=asked)
        return Result(job, call.answer, model=call.model)
    except LLMError as exc:
        return Result(job, None, error=exc.said)
    except loop.DATABASE_AWAY:
        raise  # no artifact's fault: the run goes on when the database is back
    except Exception as exc:
        logger.exception("%s of %r failed", job.kind.name, job.concept_title)
        return Result(job, None, error=_unexpected(exc))


def _tell(roadmap: Roadmap, result: Result) -> None:
    kind, concept = result.job.kind, result.job.concept_title
    if result.answer is None:
        writing.report_failure(roadmap, kind, concept, result.error)
        return
    message = Sentence("%(part)s of “%(concept)s” is ready", part=kind.label, concept=concept)
    progress.record(roadmap.pk, "artifact_ready", message, kind=kind.name)
