"""The embedded PostgreSQL or Redis is killed under a whole `manage.py up`."""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.commands.test_up import Up, below
from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for

REQUEST = """
from tests import courses
owner = courses.person("%s")
for number in range(8):
    courses.requested(owner, goal=f"Learn to bake bread number {number}")
"""
DESIGNED = "SELECT count(*) FROM roadmaps_roadmap WHERE status = 'AWAITING_REVIEW'"
PROGRAMS = {"PostgreSQL": "bin/postgres", "Redis": "redis-server"}


@pytest.fixture(scope="module")
def cairn():
    with tempfile.TemporaryDirectory(prefix="cairn-") as folder, contextlib.ExitStack() as stack:
        one = Up(Path(folder), "127.0.0.1")
        stack.callback(lambda: wait_for(lambda: not below(folder)))
        stack.callback(one.kill)
        wait_for(one.is_up, 300)
        yield one


def request_roadmaps(cairn, owner):
    """Eight, by a process beside it."""
    without = ("DATABASE_URL", "REDIS_URL")
    environment = {name: value for name, value in os.environ.items() if name not in without}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", REQUEST % owner],
        cwd=ROOT,
        env=environment | {"VAR_DIR": str(cairn.folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def designed(cairn):
    address = f"postgresql://postgres@:5432/cairn?host={cairn.folder}/sockets"
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(address) as connection:
        row = connection.execute(DESIGNED).fetchone()
        return row[0] if row else 0
    return -1


def server_of(cairn, kind):
    """The process of a server, not one of those that it makes."""
    (process,) = (
        process
        for process in below(cairn.folder)
        if " ".join(process.cmdline()).partition(" ")[0].endswith(PROGRAMS[kind])
    )
    return process


def page_is_there(cairn):
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{cairn.address}/accounts/login/", timeout=10).status_code == 200
    return False


@pytest.mark.parametrize("kind", PROGRAMS)
def test_pages_and_runs_go_on_and_both_lines_are_told(cairn, kind):
    before = designed(cairn)
    children = cairn.children()
    request_roadmaps(cairn, kind.lower())
    server_of(cairn, kind).kill()
    wait_for(lambda: f"{kind} is back after" in cairn.log.read_text())
    assert cairn.log.read_text().count(f"{kind} has died") == 1
    wait_for(lambda: page_is_there(cairn))
    wait_for(lambda: designed(cairn) == before + 8)
    assert cairn.children() == children  # none of the three has ended


def test_a_clean_end_starts_nothing_again(cairn):
    lines = (cairn.folder / "services.log").read_text()
    cairn.process.terminate()
    assert cairn.process.wait(DEADLINE_SECONDS) == 0
    wait_for(lambda: not below(cairn.folder))
    assert (cairn.folder / "services.log").read_text() == lines
