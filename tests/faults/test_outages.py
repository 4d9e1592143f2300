"""What dies or goes away is not the worker: Redis, PostgreSQL, connections, a process that sleeps."""

import signal

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import connection

from roadmaps.engine.recovery import recover
from roadmaps.models import Lease, Roadmap, RoadmapStatus
from roadmaps.operations import health
from tests import courses
from tests.conftest import DEADLINE_SECONDS, wait_for
from tests.faults.tending import (
    SOON,
    connected,
    embedded_only,
    ended,
    finish,
    several,
    start_services_again,
    tend,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_emptied_redis_loses_no_run(owner, worker, models):
    worker(**connected(models))
    roadmaps = several(owner)
    wait_for(lambda: models.count() >= 2)
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    finish(roadmaps)


def test_messages_that_never_got_out_are_sent_later(owner, worker, models, monkeypatch):
    def refuse(*_, **__):
        raise redis.exceptions.ConnectionError("the broker is away")

    with monkeypatch.context() as away:
        away.setattr(current_app, "send_task", refuse)
        roadmaps = several(owner, 2)
    worker(**connected(models))
    finish(roadmaps)


def test_cut_connections_lose_no_run(owner, worker, models):
    worker(**connected(models, **SOON))
    roadmaps = several(owner)
    for asked in (2, 6, 20):
        wait_for(
            lambda asked=asked: tend() or models.count() >= asked or ended(RoadmapStatus.READY)()
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    finish(roadmaps)


@embedded_only
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_a_restarted_postgresql_loses_no_run(owner, worker, models, how):
    worker(**connected(models, **SOON))
    roadmaps = several(owner)
    wait_for(lambda: models.count() >= 3)
    settings.SERVICES.stop_postgres(how)
    connection.close()
    start_services_again()
    finish(roadmaps)


@embedded_only
def test_a_restarted_redis_loses_no_run(owner, worker, models):
    worker(**connected(models))
    roadmaps = several(owner)
    wait_for(lambda: models.count() >= 3)
    settings.SERVICES.stop_redis()
    start_services_again()
    finish(roadmaps)


@embedded_only
def test_the_web_can_still_ask_workers_when_redis_has_restarted(worker):
    assert [finding.state for finding in health.listeners()] == [health.FAIL] * len(settings.QUEUES)
    settings.SERVICES.stop_redis()
    assert "nobody can be asked" in health.listeners()[0].text
    start_services_again(keep_connections=True)
    worker()
    assert (
        "nobody can be asked" not in health.listeners()[0].text
    )  # also not at the first use after the restart
    wait_for(lambda: all(": 1 listens" in finding.text for finding in health.listeners()))


def test_a_worker_that_slept_through_its_lease_writes_nothing_more(owner, worker, models):
    models.latency = 1
    sleeper = worker(**connected(models, **SOON, LLM_API_KEY="sleeper"))
    roadmap = courses.requested(owner)
    wait_for(lambda: models.count() >= 1)
    token = Lease.objects.get(subject=roadmap.pk).token
    sleeper.process.send_signal(signal.SIGSTOP)
    worker(**connected(models, LLM_API_KEY="awake"))
    wait_for(lambda: recover() or Roadmap.objects.get(pk=roadmap.pk).attempts == 2)
    sleeper.process.send_signal(signal.SIGCONT)
    finish([roadmap])
    roadmap.refresh_from_db()
    assert not Lease.objects.filter(token=token).exists()
    later = [call for call in models.calls if call["authorization"] == "Bearer sleeper"]
    assert [call["role"] for call in later][:1] == ["intent"]


def test_a_worker_that_is_told_to_stop_hands_over(owner, worker, models):
    models.faults["Curriculum"] = ["hang"]
    first = worker(**connected(models, STOP_SECONDS="1", LLM_TIMEOUT_SECONDS="500"))
    roadmap = courses.requested(owner)
    assert models.hanging.acquire(timeout=DEADLINE_SECONDS)
    first.process.send_signal(signal.SIGTERM)
    assert models.abandoned.acquire(timeout=DEADLINE_SECONDS)
    assert first.process.wait(DEADLINE_SECONDS) == 0
    roadmap.refresh_from_db()
    assert (roadmap.status, roadmap.attempts) == ("RUNNING", 0)
    worker(**connected(models))
    finish([roadmap])
    assert models.count("Intent") == 1
