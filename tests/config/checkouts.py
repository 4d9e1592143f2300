"""Processes that use the embedded services of a folder."""

import os
import subprocess
import sys

import psutil

from tests.conftest import DEADLINE_SECONDS, ROOT

USE = """
import sys
from pathlib import Path
import psycopg, redis
from config.embedded import EmbeddedServices
services = EmbeddedServices(Path(sys.argv[1]))
database, messages = services.database_url(), services.redis_url()
with psycopg.connect(database) as connection:
    connection.execute("SELECT pg_advisory_xact_lock(1)")
    connection.execute("CREATE TABLE IF NOT EXISTS visits (who text)")
    connection.execute("INSERT INTO visits VALUES ('x')")
    visits = connection.execute("SELECT count(*) FROM visits").fetchone()[0]
print(visits, redis.Redis.from_url(messages).incr("visits"), flush=True)
print(database, messages, flush=True)
sys.stdin.read()
"""


class Visitor:
    """A process that uses the services until it is told to go; `visits` counts those of its
    checkout so far.
    """

    def __init__(self, root, python=sys.executable, environment=None, **options):
        inherited = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
        self.process = subprocess.Popen(
            [python, "-c", USE, str(root)],
            cwd=ROOT,
            env=inherited | (environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        self.visits = [int(word) for word in self.process.stdout.readline().split()]
        self.addresses = self.process.stdout.readline().split()

    def go(self):
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_SECONDS) == 0

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)


def processes(root, *names):
    found = []
    for process in psutil.process_iter(["cmdline", "name"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(root) in line and any(name in line for name in names):
            found.append(process.pid)
    return found


def servers(root):
    return processes(root, "redis-server", "postgres")
