"""The embedded services, each test in folders of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for

USE = """
import sys
from pathlib import Path
import psycopg, redis
from config.embedded import EmbeddedServices
services = EmbeddedServices(Path(sys.argv[1]))
database, messages = services.database_url(), services.redis_url()
with psycopg.connect(database, autocommit=True) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS visits (who text)")
    connection.execute("INSERT INTO visits VALUES ('x')")
    visits = connection.execute("SELECT count(*) FROM visits").fetchone()[0]
print(visits, redis.Redis.from_url(messages).incr("visits"), flush=True)
sys.stdin.read()
"""


class Visitor:
    """A process that uses the services until it is told to go; `visits` counts those of its checkout so far."""

    def __init__(self, root):
        environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, str(root)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.visits = [int(word) for word in self.process.stdout.readline().split()]

    def go(self):
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_SECONDS) == 0

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)


def servers(root):
    found = []
    for process in psutil.process_iter(["cmdline", "name"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(root) in line and ("redis-server" in line or "postgres" in line):
            found.append(process.pid)
    return found


@pytest.fixture
def checkout():
    """A short path: sockets have little room."""
    with tempfile.TemporaryDirectory(prefix="cairn-") as folder:
        yield Path(folder)


def test_processes_of_a_checkout_share_them_and_the_last_one_stops_them(checkout):
    first, second = Visitor(checkout), Visitor(checkout)
    assert (first.visits, second.visits) == ([1, 1], [2, 2])
    first.go()
    assert servers(checkout)
    second.go()
    wait_for(lambda: not servers(checkout))


def test_what_they_hold_is_there_the_next_day(checkout):
    Visitor(checkout).go()
    again = Visitor(checkout)
    assert again.visits == [2, 2]
    again.go()


def test_two_checkouts_do_not_meet(checkout, tmp_path):
    one, other = Visitor(checkout), Visitor(tmp_path)
    assert (one.visits, other.visits) == ([1, 1], [1, 1])
    one.go()
    assert servers(tmp_path)
    other.go()


def test_a_killed_process_does_not_keep_them_running_for_ever(checkout):
    Visitor(checkout).kill()
    assert servers(checkout)
    nxt = Visitor(checkout)
    assert nxt.visits == [2, 2]
    nxt.go()
    wait_for(lambda: not servers(checkout))


def test_killed_servers_are_started_again(checkout):
    Visitor(checkout).kill()
    for pid in servers(checkout):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_for(lambda: not servers(checkout))
    nxt = Visitor(checkout)
    assert nxt.visits == [2, 2]
    nxt.go()


def test_with_both_addresses_set_nothing_embedded_starts(tmp_path):
    given = {"DATABASE_URL": "postgresql://x@localhost/x", "REDIS_URL": "redis://localhost:1/0"}
    command = "from django.conf import settings; print(settings.EMBEDDED, settings.DATABASES['default']['NAME'])"
    environment = os.environ | given | {"VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "x"]
    assert servers(tmp_path) == []
