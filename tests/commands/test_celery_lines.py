"""Celery's own command lines, as any Celery user types them, take a goal to READY."""

import os
import subprocess
import sys

import pytest
from celery import current_app
from celery.utils.nodenames import host_format
from django.conf import settings

from logs_app.models import ExecutionLog
from tests import courses
from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for
from tests.faults.tending import finish

pytestmark = pytest.mark.django_db(transaction=True)

PLAIN = "--loglevel=info --concurrency=4 -n worker@%h"
SPLIT = {
    "roadmap_workflow": "--loglevel=info --queues=roadmap_workflow --concurrency=2 -n one@%h",
    "content_generation": "--loglevel=info --queues=content_generation --concurrency=8 -n two@%h",
    "logs": "--loglevel=info --queues=logs --concurrency=2 -n three@%h",
}


@pytest.fixture
def roadmap():
    return courses.requested(courses.person("owner"))


def asked(name):
    """The answers of the worker `name` on this host to `celery inspect`."""
    node = host_format(f"{name}@%h")
    inspect = current_app.control.inspect([node], limit=1, timeout=DEADLINE_SECONDS)
    return lambda question: getattr(inspect, question)()[node]


def queues_of(ask):
    return {queue["name"] for queue in ask("active_queues")}


def pool_of(ask):
    pool = ask("stats")["pool"]
    module = pool["implementation"].partition(":")[0]
    return module.removeprefix("celery.concurrency."), pool["max-concurrency"]


def run_celery(*words):
    environment = os.environ | {"REDIS_URL": settings.REDIS_URL}
    command = [sys.executable, "-m", "celery", "-A", "config", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def answer_to(*words):
    """What a line of Celery prints, once a worker has answered it in time."""

    def answer():
        done = run_celery(*words)
        return done.stdout if done.returncode == 0 else None

    return wait_for(answer)


def test_a_worker_without_queues_serves_all_of_them_and_answers_celery(worker, roadmap):
    started = worker(line=PLAIN)
    finish([roadmap])
    wait_for(ExecutionLog.objects.filter(event="run_started").exists)
    assert queues_of(asked("worker")) == set(settings.QUEUES)
    assert pool_of(asked("worker")) == ("thread", 4)

    assert "worker@" in answer_to("inspect", "active")
    assert "roadmap_generation.generate_roadmap" in answer_to("inspect", "registered")
    assert '"max-concurrency": 4' in answer_to("inspect", "stats")
    assert "batch_write_logs" in answer_to("inspect", "conf")

    run_celery("control", "shutdown")  # its own exit code is of a worker that no longer answers
    assert started.process.wait(DEADLINE_SECONDS) == 0


def test_queues_are_in_redis_where_workers_of_the_last_release_look():
    """They had them from Celery, which makes a queue that no setting names."""
    queues = current_app.amqp.queues
    for name in settings.QUEUES:
        assert queues[name] == queues.new_missing(name)


def test_three_workers_serve_a_queue_each(worker, roadmap):
    for line in SPLIT.values():
        worker(line=line)
    finish([roadmap])
    wait_for(ExecutionLog.objects.filter(event="run_started").exists)
    for name, queue, concurrency in zip(("one", "two", "three"), SPLIT, (2, 8, 2), strict=True):
        assert queues_of(asked(name)) == {queue}
        assert pool_of(asked(name)) == ("thread", concurrency)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--pool=solo", ("solo", 1)),
        ("--pool=prefork", ("prefork", 2)),
    ],
)
def test_the_pool_of_the_line_runs(worker, roadmap, options, expected):
    worker(line=f"--loglevel=info -n worker@%h {options}")
    assert pool_of(asked("worker")) == expected
    finish([roadmap])


def test_the_settings_choose_where_the_line_says_nothing(worker):
    worker(
        line="--loglevel=info -n worker@%h",
        WORKER_POOL="prefork",
        WORKER_CONCURRENCY="1",
    )
    assert pool_of(asked("worker")) == ("prefork", 1)


def test_options_that_need_a_process_per_task_say_so_in_threads(worker, roadmap):
    limits = "--max-tasks-per-child=100 --time-limit=600 --soft-time-limit=500"
    started = worker(line=f"{PLAIN} --pool=threads {limits} --max-memory-per-child=200000")
    finish([roadmap])
    log = started.log.read_text()
    for option in ("max-tasks-per-child", "max-memory-per-child", "time-limit", "soft-time-limit"):
        assert f"--{option} has no effect without prefork" in log
