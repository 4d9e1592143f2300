"""Celery's own command lines, as any Celery user types them, take a goal to READY."""

import os
import re
import signal
import subprocess
import sys

import pytest
from celery import current_app
from celery.utils.nodenames import host_format
from django.conf import settings
from django.db.models.functions import Now

from logs_app.models import ExecutionLog
from roadmaps import telemetry
from roadmaps.models import Lease, Roadmap, RoadmapStatus
from roadmaps.services import retry_run
from tests import courses
from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for
from tests.faults.tending import LASTING, SOON, connected, ended, finish

pytestmark = pytest.mark.django_db(transaction=True)

PLAIN = "--loglevel=info --concurrency=4 -n worker@%h"
SPLIT = {
    "roadmap_workflow": "--loglevel=info --queues=roadmap_workflow --concurrency=2 -n one@%h",
    "content_generation": "--loglevel=info --queues=content_generation --concurrency=8 -n two@%h",
    "logs": "--loglevel=info --queues=logs --concurrency=2 -n three@%h",
}
PATIENT = {"LEASE_SECONDS": "600", "LLM_TIMEOUT_SECONDS": "3000", "STOP_SECONDS": "1"}


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
    bounds = {"WORKER_MAX_TASKS": "70", "WORKER_MAX_MEMORY_MB": "900"}
    worker(
        line="--loglevel=info -n worker@%h",
        WORKER_POOL="prefork",
        WORKER_CONCURRENCY="1",
        **bounds,
    )
    assert pool_of(asked("worker")) == ("prefork", 1)
    assert asked("worker")("stats")["pool"]["max-tasks-per-child"] == 70


def test_children_of_prefork_are_replaced_after_so_many_tasks(worker, roadmap):
    worker(line=f"{PLAIN} --pool=prefork --max-tasks-per-child=1")
    first = set(asked("worker")("stats")["pool"]["processes"])
    finish([roadmap])
    last = asked("worker")("stats")["pool"]
    assert last["max-tasks-per-child"] == 1
    assert set(last["processes"]) != first

    def counted():
        """What a child has counted is told before it ends."""
        for (name, labels), number in telemetry.totals().items():
            if name == "cairn_tasks_total" and ("task", "generate_roadmap_content") in labels:
                return number
        return 0

    wait_for(counted)


def test_options_that_need_a_process_per_task_say_so_in_threads(worker, roadmap):
    limits = "--max-tasks-per-child=100 --time-limit=600 --soft-time-limit=500"
    started = worker(line=f"{PLAIN} --pool=threads {limits} --max-memory-per-child=200000")
    finish([roadmap])
    log = started.log.read_text()
    for option, remedy in (
        ("--max-tasks-per-child", "WORKER_MAX_TASKS"),
        ("--max-memory-per-child", "WORKER_MAX_MEMORY_MB"),
        ("--time-limit", "RUN_TIMEOUT_SECONDS"),
        ("--soft-time-limit", "RUN_TIMEOUT_SECONDS"),
    ):
        assert re.search(f"{option} has no effect without prefork; .*{remedy}", log)


def term(process):
    process.send_signal(signal.SIGTERM)


def shutdown(_process):
    current_app.control.shutdown()


def run_tasks(process):
    """Let short tasks end until the worker has had enough of them."""

    def over():
        options = {"queue": "logs", "ignore_result": True, "expires": 1}
        current_app.send_task("maintenance.heartbeat", args=["logs"], **options)
        return process.poll() is not None

    wait_for(over)


@pytest.mark.parametrize(
    ("pool", "stop", "bounds"),
    [
        ("prefork", term, {}),
        ("threads", shutdown, {}),
        ("threads", run_tasks, {"WORKER_MAX_TASKS": "2"}),
        ("solo", term, {}),
    ],
)
def test_a_worker_that_stops_hands_over_what_hangs(
    pool,
    stop,
    bounds,
    worker,
    roadmap,
    model_server,
):
    model_server.faults["Curriculum"] = ["hang"]
    setting = connected(model_server, **PATIENT)  # only the stop may end what hangs
    line = f"--loglevel=info --concurrency=4 -n old@%h --pool={pool}"
    old = worker(line=line, **setting, **bounds)
    assert model_server.hanging.acquire(timeout=DEADLINE_SECONDS)
    stop(old.process)
    assert old.process.wait(DEADLINE_SECONDS) == 0
    assert not Lease.objects.filter(expires_at__gt=Now()).exists()
    roadmap.refresh_from_db()
    assert roadmap.attempts == 0

    worker(line=PLAIN, **setting)
    finish([roadmap])
    assert model_server.count("Intent") == 1  # what was finished before is not asked again


def test_a_worker_beyond_its_memory_ends(worker):
    large = worker(line=PLAIN, WORKER_MAX_MEMORY_MB="1")
    run_tasks(large.process)
    assert large.process.wait(DEADLINE_SECONDS) == 0
    log = large.log.read_text()
    assert re.search(r"hands over and ends at \d+ MB \(WORKER_MAX_MEMORY_MB\)", log)


def test_a_hard_time_limit_kills_a_child_and_another_goes_on(
    worker,
    roadmap,
    model_server,
    settings,
):
    settings.LEASE_SECONDS, settings.DISPATCH_GRACE_SECONDS = 4, 3
    model_server.faults["Curriculum"] = ["hang"]
    setting = connected(model_server, **SOON, LLM_TIMEOUT_SECONDS="3000")
    worker(line=f"{PLAIN} --pool=prefork --time-limit=10", **setting)
    finish([roadmap])
    assert model_server.count("Intent") == 1


def test_a_soft_time_limit_ends_a_run_with_a_reason(worker, roadmap, model_server):
    model_server.faults["Curriculum"] = ["hang"]
    setting = connected(model_server, LLM_TIMEOUT_SECONDS="3000")
    worker(line=f"{PLAIN} --pool=prefork --soft-time-limit=10", **setting)
    wait_for(ended(RoadmapStatus.FAILED))
    roadmap.refresh_from_db()
    assert roadmap.status_reason == "It took too long. Retry goes on from the last step."

    def ready():
        """However often a slow machine makes it take too long."""
        if Roadmap.objects.get().status == RoadmapStatus.FAILED:
            retry_run(roadmap)
        return ended(RoadmapStatus.READY)()

    wait_for(ready, LASTING)
