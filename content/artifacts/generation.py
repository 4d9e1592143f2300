"""Generation of artifacts: the loop asks the models, this thread saves each answer as it comes."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import F

from content.artifacts import drawings, prompts, writing
from content.artifacts.jobs import Job, Result, job_of, missing_jobs
from content.artifacts.kinds import KINDS
from content.models import COURSE, Artifact, ArtifactStatus
from roadmaps import llm, progress
from roadmaps.engine import checkpointer, leases, loop
from roadmaps.engine.driving import Outcome, drive
from roadmaps.exceptions import LLMError, RunError
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
    """Write all artifacts of the roadmap that aren't there yet; returns the roadmap's status, or an
    Outcome.
    """
    rows = Roadmap.objects.filter(pk=roadmap_id, run_id=run_id, status=RoadmapStatus.GENERATING)

    def claim() -> Roadmap | None:
        return rows.first() if rows.update(attempts=F("attempts") + 1) else None

    return drive(roadmap_id, claim, write_all, stops.fail)


def write_all(roadmap: Roadmap, hold: leases.Hold) -> str:
    with hold.writing():
        # Another run may have begun to write an artifact alone just before the course was locked
        # for this one.
        writing.stop(roadmap)
        jobs: list[Job] = []
        if roadmap.is_reviewed:
            jobs = missing_jobs(roadmap)
        else:  # queued by an earlier release, which did not ask for a review
            writing.put_back(roadmap)
        if not jobs:
            end_course(roadmap, hold)
    for written, result in enumerate(stream_results(roadmap, jobs, hold), start=1):
        with hold.writing():
            writing.save(result)
            report(roadmap, result)
            if written == len(jobs):
                end_course(roadmap, hold)
    return roadmap.status


def end_course(roadmap: Roadmap, hold: leases.Hold) -> None:
    writing.settle(roadmap)
    hold.end()
    roadmap.refresh_from_db()
    roadmap_ended.send(sender=Roadmap, roadmap=roadmap)
    progress.record(roadmap.pk, "content_finished", ENDED[RoadmapStatus(roadmap.status)])


def rewrite(name: str, concept_id: int, run_id: uuid.UUID) -> str:
    """Write the artifact of the kind `name` anew; returns its status, or an Outcome."""
    kind = KINDS[name]
    artifacts = kind.model.objects.select_related("concept__roadmap")
    artifact = artifacts.filter(concept_id=concept_id).first()
    if artifact is None:
        return Outcome.REFUSED
    rows = kind.model.objects.being_rewritten().filter(pk=artifact.pk, run_id=run_id)

    def claim() -> Artifact | None:
        claimed = rows.update(status=ArtifactStatus.GENERATING, attempts=F("attempts") + 1)
        return artifact if claimed else None

    def work(artifact: Artifact, hold: leases.Hold) -> str:
        if not artifact.concept.roadmap.is_reviewed:  # asked for in an earlier release
            raise RunError(Sentence("The plan of this course was never reviewed."))
        job = job_of(kind, artifact)
        status = artifact.status
        for result in stream_results(artifact.concept.roadmap, [job], hold):
            status = end_rewrite(artifact, result, hold)
        return status

    def fail(artifact: Artifact, hold: leases.Hold, exc: Exception) -> str:
        title = artifact.concept.title
        logger.error("%s of %r was not written anew", kind.name, title, exc_info=exc)
        job = Job(kind, artifact.pk, title, payload={})
        return end_rewrite(artifact, Result(job, answer=None, error=reason_of(exc)), hold)

    return drive(artifact.pk, claim, work, fail)


def end_rewrite(artifact: Artifact, result: Result, hold: leases.Hold) -> str:
    roadmap = artifact.concept.roadmap
    with hold.writing():
        status = writing.save(result)
        writing.settle(roadmap, COURSE)
        hold.end()
        report(roadmap, result)
    return status


def reason_of(exc: Exception) -> str:
    if isinstance(exc, RunError):
        return exc.said
    if isinstance(exc, TimeoutError):
        return Sentence(
            "It took longer than %(limit)s seconds.", limit=settings.RUN_TIMEOUT_SECONDS
        )
    if isinstance(exc, SoftTimeLimitExceeded):  # of a worker's own line, under prefork
        return Sentence("It took too long.")
    return unexpected(exc)


def unexpected(exc: Exception) -> Sentence:
    return Sentence(
        "Unexpected %(error)s; the worker's log has the details.", error=type(exc).__name__
    )


def stream_results(roadmap: Roadmap, jobs: list[Job], hold: leases.Hold) -> Iterator[Result]:
    """Results as they come, each with its text drawn before it is saved."""
    journal = ModelCall.objects.asked_by(roadmap.thread_id)
    produced = answers(jobs, str(roadmap.thread_id), journal)
    for result in loop.stream(produced, on_cancel=hold.on_lost):
        yield drawn(result)


def drawn(result: Result) -> Result:
    if result.answer is None:
        return result
    job = result.job
    name = f"the {job.kind.name} of {job.concept_title!r} ({job.artifact_id})"
    return replace(result, drawn=drawings.of_answer(job.kind, result.answer, name))


async def answers(jobs: list[Job], thread_id: str, journal: set[str]) -> AsyncIterator[Result]:
    """Results in the order in which they are finished; the model door bounds how many are asked at
    once.
    """
    tasks = [asyncio.create_task(answer(job, thread_id, journal)) for job in jobs]
    try:
        async with asyncio.timeout(settings.RUN_TIMEOUT_SECONDS):
            for finished in asyncio.as_completed(tasks):
                yield await finished
    finally:
        for task in tasks:
            task.cancel()


async def answer(job: Job, thread_id: str, journal: set[str]) -> Result:
    """`journal`: input hashes of the thread's calls, whose answers are not paid for again."""
    role, schema = job.kind.name, job.kind.schema
    try:
        messages = prompts.messages(role, job.payload)
        pool = await checkpointer.pool()
        call = await llm.ask(role, messages, schema, thread_id=thread_id, pool=pool, asked=journal)
        return Result(job, call.answer, model=call.model)
    except LLMError as exc:
        return Result(job, None, error=exc.said)
    except loop.DATABASE_AWAY:
        raise  # no artifact's fault: the run goes on when the database is back
    except Exception as exc:
        logger.exception("%s of %r failed", role, job.concept_title)
        return Result(job, None, error=unexpected(exc))


def report(roadmap: Roadmap, result: Result) -> None:
    """An event for the roadmap's page."""
    kind, concept = result.job.kind, result.job.concept_title
    if result.answer is None:
        writing.report_failure(roadmap, kind, concept, result.error)
        return
    message = Sentence("%(part)s of “%(concept)s” is ready", part=kind.label, concept=concept)
    progress.record(roadmap.pk, "artifact_ready", message, kind=kind.name)
