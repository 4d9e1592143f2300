"""Real services for the tests: a Celery worker on the test database, and a model server that
speaks HTTP.
"""

import itertools
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import psycopg.conninfo
import pytest
import redis
from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.utils import translation

import config.urls  # noqa: F401 - the admin finds its pages in an order of its own
from roadmaps.engine import checkpointer, loop
from tests import courses, database

ROOT = Path(__file__).parent.parent
DEADLINE_SECONDS = 180
settings.PASSWORD_HASHERS = ["tests.hashing.QuickHasher", *settings.PASSWORD_HASHERS]


def wait_for(condition, seconds=DEADLINE_SECONDS):
    """Until `condition()` is true; fails at the deadline.

    What comes soon is seen at once, and what takes long is not held up by who looks for it.
    """
    began = time.monotonic()
    while not (reached := condition()):
        waited = time.monotonic() - began
        assert waited < seconds, "the condition was not reached in time"
        time.sleep(min(0.01 + waited / 20, 0.25))
    return reached


def calls(act):
    """How many functions Python calls in `act()`: what a page costs, whatever the speed of the
    machine.
    """
    counted = 0

    def count(_frame, event, _function):
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return counted


def test_database_url():
    chosen = connection.settings_dict
    parts = {
        "dbname": chosen["NAME"],
        "user": chosen["USER"],
        "password": chosen["PASSWORD"],
        "host": chosen["HOST"],
    }
    given = {key: value for key, value in (parts | {"port": chosen["PORT"]}).items() if value}
    credentials = given["user"] + (f":{given['password']}" if "password" in given else "")
    port = f"&port={given['port']}" if "port" in given else ""
    host = psycopg.conninfo.make_conninfo(host=given["host"]).removeprefix("host=")
    return f"postgresql://{credentials}@/{given['dbname']}?host={host}{port}"


test_database_url.__test__ = False  # type: ignore[attr-defined] # its name is for its readers


class Worker:
    """A process of `celery -A config worker` and the words of `line`, run in the folder `code`."""

    def __init__(self, log, line, code, environment):
        self.log = log
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", *line]
        environment = (
            os.environ
            | {"DATABASE_URL": test_database_url(), "REDIS_URL": settings.REDIS_URL}
            | environment
        )
        with log.open("w") as out:
            outputs = {"stdout": out, "stderr": subprocess.STDOUT}
            self.process = subprocess.Popen(command, cwd=code, env=environment, **outputs)

    def is_ready(self):
        assert self.process.poll() is None, self.log.read_text()
        return " ready." in self.log.read_text()

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@pytest.fixture(autouse=True)
def _in_english():
    """A request of the test client leaves its language active in the thread, for whatever test
    comes next.
    """
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def nothing_was_tried_yet():
    """Limits of attempts are in Redis and outlive a test, its database and its process."""
    cache.clear()


@pytest.fixture
def one_day():
    """What counts by days begins no moment before midnight, UTC."""
    wait_for(lambda: f"{datetime.now(UTC):%H:%M}" < "23:58")


@pytest.fixture
def worker(transactional_db, tmp_path):
    """Start a worker: worker(queues="roadmap_workflow,…", LLM_MODEL=…), or by a line of its own."""
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    started: list[Worker] = []
    numbers = itertools.count()

    def start(queues=None, code=ROOT, line="", **environment):
        log = tmp_path / f"worker{next(numbers)}.log"
        queues = queues or ",".join(settings.QUEUES)
        usual = ["-Q", queues, "--loglevel=INFO", "-n", f"{log.stem}@test"]
        one = Worker(log, line.split() or usual, code, environment)
        started.append(one)
        wait_for(one.is_ready, 300)  # a busy machine starts it slowly
        return one

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def beat(transactional_db, tmp_path):
    """Start beat: beat(RECOVER_EVERY_SECONDS=…)."""
    started = []

    def start(**environment):
        own = {"DATABASE_URL": test_database_url(), "REDIS_URL": settings.REDIS_URL} | environment
        with (tmp_path / "beat.log").open("w") as out:
            command = [sys.executable, "manage.py", "beat"]
            started.append(
                subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=out, stderr=out)
            )

    yield start
    for one in started:
        one.kill()
        one.wait(DEADLINE_SECONDS)


@pytest.fixture
def model_server():
    from tests.model_server import ModelServer

    with ModelServer() as server:
        yield server


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database is dropped at the end, so nothing of this process may still be connected to it."""
    with django_db_blocker.unblock():
        database.replace_flush()
    yield
    loop.run(checkpointer.forget())
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    wait_for(nobody_else_is_connected)


def nobody_else_is_connected():
    """The heart of the leases hangs up at its next beat."""
    with psycopg.connect(**checkpointer.connection_arguments()) as own:
        connected = own.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchall()
    return len(connected) == 1


@pytest.fixture(autouse=True)
def celery_is_ours():
    """`shared_task`s and results belong to config's app, in every thread."""
    from config.celery import app

    app.set_default()
    assert current_app.conf.broker_url == settings.CELERY_BROKER_URL


# People and their browsers.


@pytest.fixture
def owner(db):
    """A learner."""
    return courses.person("owner")


@pytest.fixture
def browser(client, owner):
    """The owner's."""
    client.force_login(owner)
    return client


@pytest.fixture
def reviewer(db):
    return courses.reviewer()


@pytest.fixture
def colleague(db):
    """Another reviewer."""
    return courses.reviewer("colleague")


@pytest.fixture
def ada(db):
    """A reviewer with a name of her own."""
    return courses.reviewer("ada")


@pytest.fixture
def desk(client, reviewer):
    """The reviewer's browser."""
    client.force_login(reviewer)
    return client


@pytest.fixture
def operator(db):
    return courses.operator()


@pytest.fixture
def viewer(db):
    return courses.viewer()


@pytest.fixture
def superuser(db):
    return User.objects.create_superuser("root", "root@example.org", password="root")


@pytest.fixture
def review(owner):
    """Of a plan of the owner's, pending."""
    return courses.designed(owner).reviews.get()
