"""A worker that dies between the graph and the rows."""

import asyncio
import itertools
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from content.artifacts import generation
from content.artifacts.rewrites import retry_artifact
from roadmaps.engine import leases
from roadmaps.engine.recovery import recover
from roadmaps.llm import transport
from roadmaps.models import Lease, ModelCall, Roadmap
from roadmaps.runs import advance, stops
from roadmaps.services import cancel_run, decide_review, retry_run
from roadmaps.workflow.steps import MAIN
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
CHECKPOINTS = 1 + len(MAIN)  # up to the review: of the request, and before each step


def advance_and_die(roadmap, monkeypatch):
    """The thread is at its next stop, and nothing of that is in the rows."""

    def die(*_):
        raise OperationalError("the worker is gone")

    roadmap.refresh_from_db()
    with monkeypatch.context() as death:
        death.setattr(stops, "settle", die)
        with pytest.raises(OperationalError):
            advance.advance(roadmap.pk, roadmap.run_id)
    Lease.objects.filter(subject=roadmap.pk).update(expires_at="2000-01-01T00:00:00Z")


def advance_and_die_before(checkpoint, roadmap, monkeypatch):
    """The node before it has run and been told of, but the checkpoint that follows isn't written."""
    keep, kept = AsyncPostgresSaver.aput, itertools.count(1)

    async def aput(self, *arguments):
        if next(kept) == checkpoint:
            raise psycopg.OperationalError("the worker is gone")
        return await keep(self, *arguments)

    with monkeypatch.context() as death:
        death.setattr(AsyncPostgresSaver, "aput", aput)
        with pytest.raises(psycopg.OperationalError):
            advance.advance(roadmap.pk, roadmap.run_id)
    Lease.objects.filter(subject=roadmap.pk).update(expires_at="2000-01-01T00:00:00Z")


def test_a_worker_dies_before_its_interrupt_is_written_and_the_next_one_opens_the_only_review(
    monkeypatch,
):
    async def aput_writes(*_):
        raise psycopg.OperationalError("the worker is gone")

    roadmap = courses.requested(courses.person("owner"))
    with monkeypatch.context() as death:
        death.setattr(AsyncPostgresSaver, "aput_writes", aput_writes)
        with pytest.raises(psycopg.OperationalError):
            advance.advance(roadmap.pk, roadmap.run_id)
    assert not roadmap.reviews.exists()
    Lease.objects.filter(subject=roadmap.pk).update(expires_at="2000-01-01T00:00:00Z")
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"
    assert roadmap.reviews.pending().count() == 1
    assert ModelCall.objects.count() == 3


def test_beside_its_checkpoints_a_thread_keeps_only_the_interrupt():
    roadmap = courses.designed(courses.person("owner"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel FROM checkpoints.checkpoint_writes WHERE thread_id = %s",
            [str(roadmap.thread_id)],
        )
        assert [channel for (channel,) in cursor] == ["__interrupt__"]


@pytest.mark.parametrize("role", ["intent", "curriculum", "validation"])
def test_who_was_overtaken_unawares_writes_no_checkpoint(monkeypatch, role):
    """Between two heartbeats its run was cancelled and asked for again, and another worker drives
    the thread.
    """
    roadmap = courses.requested(courses.person("owner"))
    send, waiting = transport.send, [role]

    def overtake():
        cancel_run(roadmap, by=None)
        retry_run(roadmap)
        assert courses.advance(roadmap).status == "AWAITING_REVIEW"
        connection.close()

    async def overtaken(asked, *rest):
        if asked in waiting:
            waiting.remove(asked)
            await asyncio.to_thread(overtake)
        return await send(asked, *rest)

    monkeypatch.setattr(leases.renewer, "renew", lambda *_: None)
    monkeypatch.setattr(transport, "send", overtaken)
    roadmap.refresh_from_db()
    assert advance.advance(roadmap.pk, roadmap.run_id) == "stopped"
    assert waiting == []
    decide_review(roadmap.reviews.get(), "APPROVED", by=None)
    assert courses.advance(roadmap).status == "GENERATING"
    assert roadmap.reviews.count() == 1


@pytest.mark.parametrize("checkpoint", range(1, CHECKPOINTS + 1))
def test_a_worker_dies_before_any_checkpoint_and_the_next_one_reaches_the_review(
    monkeypatch, checkpoint
):
    roadmap = courses.requested(courses.person("owner"))
    advance_and_die_before(checkpoint, roadmap, monkeypatch)
    paid = ModelCall.objects.count()
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"
    assert roadmap.reviews.pending().count() == 1
    assert ModelCall.objects.count() == 3 >= paid


def test_who_goes_on_after_a_dead_worker_asks_models_only_for_what_is_missing(monkeypatch):
    roadmap = courses.requested(courses.person("owner"))
    advance_and_die_before(CHECKPOINTS, roadmap, monkeypatch)
    asked = ModelCall.objects.count()
    sent = []
    send = transport.send

    def counted(role, *rest):
        sent.append(role)
        return send(role, *rest)

    monkeypatch.setattr(transport, "send", counted)
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"
    assert len(sent) == 3 - asked


@pytest.mark.parametrize("checkpoint", range(1, 5))
def test_no_plan_is_published_unseen_when_a_worker_dies_before_a_checkpoint_of_its_edit(
    monkeypatch, checkpoint
):
    roadmap = courses.designed(courses.person("owner"))
    decide_review(
        roadmap.reviews.get(), "CHANGES_REQUESTED", by=None, comment="More practice, please"
    )
    roadmap.refresh_from_db()
    advance_and_die_before(checkpoint, roadmap, monkeypatch)
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"
    assert roadmap.reviews.pending().get().draft.number == 2
    assert not roadmap.concepts.exists()


def test_the_first_review_is_opened_by_the_next_worker(monkeypatch):
    roadmap = courses.requested(courses.person("owner"))
    advance_and_die(roadmap, monkeypatch)
    asked = ModelCall.objects.count()
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"
    assert roadmap.reviews.pending().count() == 1
    assert ModelCall.objects.count() == asked


def test_a_decision_answers_its_own_interrupt_and_never_the_next_one(monkeypatch):
    roadmap = courses.designed(courses.person("owner"))
    decide_review(
        roadmap.reviews.get(), "CHANGES_REQUESTED", by=None, comment="More practice, please"
    )
    advance_and_die(roadmap, monkeypatch)
    asked = ModelCall.objects.count()
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"
    assert roadmap.reviews.pending().get().draft.number == 2
    assert ModelCall.objects.count() == asked  # the next interrupt still waits for a person


def test_an_approval_whose_worker_died_becomes_one_course(monkeypatch):
    roadmap = courses.designed(courses.person("owner"))
    decide_review(roadmap.reviews.get(), "APPROVED", by=None)
    advance_and_die(roadmap, monkeypatch)
    assert not roadmap.concepts.exists()
    assert courses.advance(roadmap).status == "GENERATING"
    assert courses.advance(roadmap).status == "READY"


def test_a_run_whose_next_worker_died_before_its_claim_does_not_wait_as_long_as_a_new_one(settings):
    settings.DISPATCH_GRACE_SECONDS, settings.LEASE_SECONDS = 3600, 60
    roadmap = courses.requested(courses.person("owner"))
    sent = Roadmap.objects.filter(pk=roadmap.pk)
    sent.update(dispatched_at=timezone.now() - timedelta(seconds=120))
    assert recover() == 0  # it waits for its first worker
    sent.update(attempts=1)
    assert recover() == 1
    assert recover() == 0


def test_a_rewrite_whose_worker_died_is_sent_again_at_once(monkeypatch):
    roadmap = courses.written(courses.person("owner"))
    artifact = retry_artifact(roadmap.concepts.first(), "quiz")
    with monkeypatch.context() as death:
        death.setattr(
            generation, "stream_results", lambda *_: (_ for _ in ()).throw(OperationalError("gone"))
        )
        with pytest.raises(OperationalError):
            generation.rewrite("quiz", artifact.concept_id, artifact.run_id)
    assert recover() == 0  # its lease may still be renewed
    Lease.objects.filter(subject=artifact.pk).update(expires_at="2000-01-01T00:00:00Z")
    assert recover() == 1
    assert recover() == 0
    assert generation.rewrite("quiz", artifact.concept_id, artifact.run_id) == "READY"


def test_a_rewrite_that_kills_its_workers_ends_with_the_reason_and_keeps_what_was_there(settings):
    roadmap = courses.written(courses.person("owner"))
    artifact = retry_artifact(roadmap.concepts.first(), "quiz")
    type(artifact).objects.update(
        attempts=settings.MAX_ATTEMPTS, dispatched_at="2000-01-01T00:00:00Z"
    )
    assert recover() == 0
    artifact.refresh_from_db()
    assert artifact.status == "READY"
    assert "died" in artifact.error
    assert artifact.questions.exists()
    assert retry_artifact(artifact.concept, "quiz").attempts == 0
