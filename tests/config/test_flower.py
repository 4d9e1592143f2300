"""Flower runs from the lock file, and only behind a password."""

import os
import subprocess
import sys

import httpx
import psutil
import pytest
from django.conf import settings

from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for
from tests.e2e.conftest import free_port

SIGNED_IN = ("operator", "right,password")  # Flower itself would split it


LINES = {
    "manage.py": [sys.executable, "manage.py", "flower"],
    "celery": [sys.executable, "-m", "celery", "-A", "config", "flower"],
}


@pytest.mark.parametrize(
    "line",
    [*LINES.values(), [*LINES["celery"], "--basic_auth=operator:"]],
    ids=[*LINES, "celery with half a password"],
)
def test_flower_does_not_start_without_a_password(line):
    environment = os.environ | {"FLOWER_BASIC_AUTH": ""}
    done = subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1
    assert "set FLOWER_BASIC_AUTH=user:password" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(params=list(LINES.values()), ids=list(LINES))
def flower(request, tmp_path):
    """The address of a Flower whose password is in a file."""
    port = free_port()
    (tmp_path / "password").write_text(":".join(SIGNED_IN))
    own = {
        "FLOWER_BASIC_AUTH_FILE": str(tmp_path / "password"),
        "REDIS_URL": settings.REDIS_URL,
    }
    with (tmp_path / "flower.log").open("w") as log:
        command = [*request.param, f"--port={port}"]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


def test_flower_lets_in_who_knows_the_password_and_nobody_else(flower):
    address, process = flower

    def status(**more):
        assert process.poll() is None
        try:
            return httpx.get(f"{address}/tasks", timeout=60, **more).status_code
        except httpx.TransportError:
            return None

    wait_for(lambda: status() is not None)
    assert status() == 401
    assert status(auth=("operator", "wrong")) == 401
    assert status(auth=SIGNED_IN) == 200
    listening = psutil.Process(process.pid).net_connections()
    assert {line.laddr.ip for line in listening if line.status == "LISTEN"} == {"127.0.0.1"}
