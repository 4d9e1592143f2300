"""The Procfile as a platform runs it: each line a process of its own, on a PostgreSQL and Redis of
their own.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from config.embedded import EmbeddedServices
from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for
from tests.e2e.conftest import free_port

KINDS = ("web", "worker-workflow", "worker-content", "worker-logs", "beat")
STATE_A_GOAL = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
from roadmaps.services import request_roadmap
owner = User.objects.create_user("owner")
print(request_roadmap(owner=owner, goal="Learn to bake sourdough bread", hours_per_week=1, weeks=1).pk)
"""
APPROVE = """
from roadmaps.models import Review
from roadmaps.services import decide_review
decide_review(Review.objects.get(), "APPROVED", by=None)
"""


class Platform:
    def __init__(self, folder: Path, model_server):
        self.services = EmbeddedServices(folder)
        self.port = free_port()
        self.log = (folder / "platform.log").open("w")
        self.environment = os.environ | {
            "DATABASE_URL": self.services.database_url(),
            "REDIS_URL": self.services.redis_url(),
            "VAR_DIR": str(folder),
            "LLM_MODEL": "openai:test",
            "LLM_BASE_URL": model_server.url,
            "LLM_TIMEOUT_SECONDS": "500",
            "LEASE_SECONDS": "8",
            "METRICS_TOKEN": "scraper",
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, kind):
        command = [
            "honcho",
            "--procfile",
            str(ROOT / "deploy/Procfile"),
            "--app-root",
            str(ROOT),
            "start",
            kind,
        ]
        self.running[kind] = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )

    def kill(self, kind):
        """Without a word, and all that it started."""
        process = psutil.Process(self.running.pop(kind).pid)
        for one in (process, *process.children(recursive=True)):
            one.kill()
        process.wait(DEADLINE_SECONDS)

    def stop(self):
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for kind in list(self.running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.running[kind].wait(30)
                continue
            self.kill(kind)
        self.log.close()
        self.services.leave()

    def run(self, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True
        )

    def is_well(self):
        """Whether the doctor finds nothing; a worker on a busy machine may not answer it in time."""
        return self.run("doctor").returncode == 0

    def manage(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self):
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT status, attempts FROM roadmaps_roadmap").fetchone()
        return row or ("", 0)

    def get(self, path, **headers):
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=60)
        return None

    def told_that_it_is_ready(self):
        """The metrics, once the worker that ended the course has told of it."""
        answer = self.get("/metrics", Authorization="Bearer scraper")
        told = answer.text if answer is not None else ""
        return told if 'cairn_roadmap_transitions_total{to="READY"} 1.0' in told else None


@pytest.fixture
def platform(model_server):
    with tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True) as folder:
        made = Platform(Path(folder), model_server)
        yield made
        made.stop()


def test_a_goal_goes_through_although_a_worker_is_killed(platform, model_server):
    platform.manage("shell", "-v", "0", "-c", STATE_A_GOAL)
    model_server.faults["Curriculum"] = ["hang"]
    for kind in KINDS:
        platform.start(kind)
    assert model_server.hanging.acquire(timeout=DEADLINE_SECONDS)
    platform.kill("worker-workflow")
    platform.start("worker-workflow")
    wait_for(lambda: platform.status()[0] == "AWAITING_REVIEW")
    assert platform.status()[1] > 1  # it is not the first worker that went on
    platform.manage("shell", "-v", "0", "-c", APPROVE)
    wait_for(lambda: platform.status()[0] == "READY")
    wait_for(lambda: (answer := platform.get("/readyz")) is not None and answer.status_code == 200)
    told = wait_for(platform.told_that_it_is_ready)
    assert 'cairn_processes{kind="beat"} 1.0' in told
    assert platform.get("/metrics").status_code == 404
    wait_for(platform.is_well)
