"""One beat per database, also after PostgreSQL has restarted."""

import os
import signal
import subprocess
import sys

import psycopg
import pytest

from roadmaps.engine import beat_lock, checkpointer
from roadmaps.operations import health
from tests.conftest import ROOT, test_database_url

pytestmark = pytest.mark.django_db(transaction=True)
LOCK = "SELECT pg_try_advisory_lock(%s) AS locked"


@pytest.fixture
def held():
    """This process holds beat's lock."""
    assert beat_lock.acquire()
    yield beat_lock.lock_connection
    beat_lock.lock_connection.close()


@pytest.fixture
def other():
    with psycopg.connect(**checkpointer.connection_arguments()) as connection:
        yield connection


def cut(connection, by):
    """What a restart of PostgreSQL does to a connection."""
    by.execute("SELECT pg_terminate_backend(%s, 60000)", [connection.info.backend_pid])


def test_while_one_holds_the_lock_no_other_gets_it(held, other):
    assert other.execute(LOCK, [beat_lock.LOCK]).fetchone() == {"locked": False}
    beat_lock.check_lock()
    assert beat_lock.lock_connection is held


def test_a_lock_that_postgresql_has_dropped_is_taken_again(held, other):
    cut(held, by=other)
    assert "no beat runs" in health.beat()[0].text
    beat_lock.check_lock()
    assert health.beat()[0].state == health.OK
    assert other.execute(LOCK, [beat_lock.LOCK]).fetchone() == {"locked": False}


def test_a_beat_ends_when_another_has_taken_its_lock_meanwhile(held, other, monkeypatch):
    ended = []
    monkeypatch.setattr(os, "kill", lambda pid, how: ended.append((pid, how)))
    cut(held, by=other)
    assert other.execute(LOCK, [beat_lock.LOCK]).fetchone() == {"locked": True}
    beat_lock.check_lock()
    assert ended == [(os.getpid(), signal.SIGTERM)]


def test_celerys_own_command_is_held_to_it_too(held):
    command = [sys.executable, "-m", "celery", "-A", "config", "beat"]
    environment = os.environ | {"DATABASE_URL": test_database_url()}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1
    assert "Another beat is running" in done.stderr
