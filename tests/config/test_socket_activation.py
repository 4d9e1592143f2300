"""The web takes the socket that systemd holds: a restart keeps who comes meanwhile waiting, and
refuses nobody.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for

pytestmark = pytest.mark.skipif(
    not shutil.which("systemd-socket-activate"), reason="no systemd here"
)


def test_the_web_serves_on_the_socket_that_it_is_given(tmp_path):
    unit = (ROOT / "deploy/systemd/cairn-web.service").read_text()
    command = (
        re.search(r"^ExecStart=/usr/bin/env .venv/bin/(.+)$", unit, re.MULTILINE).group(1).split()
    )
    web = [str(Path(sys.executable).parent / command[0]), *command[1:]]
    path = tmp_path / "web.sock"
    own = {"REDIS_URL": settings.REDIS_URL, "FORWARDED_ALLOW_IPS": "*"}
    given = [
        f"--setenv={name}={value}"
        for name, value in (os.environ | own).items()
        if "\n" not in value
    ]
    process = subprocess.Popen(
        ["systemd-socket-activate", f"--listen={path}", *given, *web], cwd=ROOT
    )
    try:
        wait_for(path.exists)
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(path)), timeout=DEADLINE_SECONDS
        ) as visitor:
            # The process isn't there yet: it starts because somebody comes, who waits.
            assert visitor.get("http://cairn/healthz").status_code == 200
        with socket.socket(socket.AF_UNIX) as another:
            another.connect(str(path))
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)
