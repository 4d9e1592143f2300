"""What dies or goes away is not the worker: Redis, PostgreSQL, connections, the model, a process that sleeps."""

import os
import random
import signal
import subprocess
import sys

import kombu.pools
import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection

from roadmaps import health
from roadmaps.models import Lease, Review, Roadmap, RoadmapStatus
from roadmaps.recovery import recover
from roadmaps.services import decide_review, retry_run
from tests import courses
from tests.conftest import ROOT, wait_for
from tests.faults.storm import made_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
LASTING = 150  # seconds until all must have ended
embedded_only = pytest.mark.skipif(not settings.EMBEDDED, reason="restarts the servers, which must be our own")


@pytest.fixture
def owner():
    return courses.person("owner")


@pytest.fixture
def models(model_server):
    model_server.latency = 0.2
    return model_server


def connected(models, **more):
    return {"LLM_MODEL": "openai:test", "LLM_BASE_URL": models.url, "LLM_CONCURRENCY": "4"} | more


def several(owner, count=4):
    return [courses.requested(owner, goal=f"Learn to bake bread number {number}") for number in range(count)]


def start_services_again(*, keep_connections=False):
    """By another process of the checkout, as any of its processes would; this one's connections are dead."""
    command = [sys.executable, "-c", "from django.conf import settings; settings.DATABASES"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}, check=True)
    if not keep_connections:
        forget_broker_connections()


def forget_broker_connections():
    """As a forked child does; those that Celery's own calls would take from the pool are dead."""
    kombu.pools.reset()
    current_app._after_fork()


def tend():
    """What beat and a reviewer do, as far as the services let them."""
    try:
        recover()
        for review in Review.objects.pending():
            decide_review(review, "APPROVED", by=None)
    except DatabaseError:
        connection.close()


def ended(*wanted):
    def reached():
        tend()
        try:
            return not Roadmap.objects.exclude(status__in=wanted).exists()
        except DatabaseError:
            connection.close()
            return False

    return reached


def finish(roadmaps):
    wait_for(ended(RoadmapStatus.READY), LASTING)
    assert all(made_once(roadmap) for roadmap in roadmaps)


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
    worker(**connected(models, MAX_ATTEMPTS="100"))
    roadmaps = several(owner)
    for asked in (2, 6, 20):
        wait_for(lambda asked=asked: tend() or models.count() >= asked or ended(RoadmapStatus.READY)())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    finish(roadmaps)


@embedded_only
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_a_restarted_postgresql_loses_no_run(owner, worker, models, how):
    worker(**connected(models, MAX_ATTEMPTS="100"))
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
    assert health.listeners() == (False, "nobody listens on " + ", ".join(settings.QUEUES) + ": start manage.py worker")
    settings.SERVICES.stop_redis()
    works, text = health.listeners()
    assert (works, "nobody can be asked" in text) == (False, True)
    start_services_again(keep_connections=True)
    worker()
    assert health.listeners() == (True, "1 worker(s) listen on every queue")


def test_a_worker_that_slept_through_its_lease_writes_nothing_more(owner, worker, models):
    models.latency = 1
    sleeper = worker(**connected(models, LLM_API_KEY="sleeper"))
    roadmap = courses.requested(owner)
    wait_for(lambda: models.count() == 1)
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
    first = worker(**connected(models, STOP_SECONDS="1"))
    roadmap = courses.requested(owner)
    assert models.hanging.acquire(timeout=60)
    first.process.send_signal(signal.SIGTERM)
    assert models.abandoned.acquire(timeout=60)
    assert first.process.wait(60) == 0
    roadmap.refresh_from_db()
    assert (roadmap.status, roadmap.attempts) == ("RUNNING", 0)
    worker(**connected(models))
    finish([roadmap])
    assert models.count("Intent") == 1


def test_a_model_that_fails_one_time_in_ten_fails_no_run(owner, worker, models):
    dice = random.Random(3)
    faults = ["429", "500", "503", "drop", "truncated", "fenced", "wrong_schema", "not_json", "empty", "null_byte"]
    models.faults["*"] = lambda call: dice.choice(faults) if dice.random() < 0.1 else None
    worker(**connected(models))
    finish(several(owner))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("401", "LLM_API_KEY"), ("503", "answered 503"), ("refused", "other words"), ("wrong_schema", "no usable answer")],
)
def test_a_model_that_always_fails_ends_every_run_with_a_reason(owner, worker, models, fault, reason):
    models.faults["*"] = lambda call: fault
    worker(**connected(models, LLM_MAX_ATTEMPTS="2"))
    roadmaps = several(owner, 2)
    wait_for(ended(RoadmapStatus.FAILED), LASTING)
    for roadmap in roadmaps:
        roadmap.refresh_from_db()
        assert reason in roadmap.status_reason
    models.faults.clear()
    for roadmap in roadmaps:
        retry_run(roadmap, by=owner)
    finish(roadmaps)
