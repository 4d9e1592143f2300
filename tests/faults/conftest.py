import os
import subprocess
import sys

import httpx
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from roadmaps.engine import checkpointer, loop
from tests import tcp
from tests.conftest import DEADLINE_SECONDS, ROOT, test_database_url, wait_for
from tests.e2e.conftest import answers, free_port
from tests.faults.small_disk import small_disk  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def recovered(transactional_db):
    """What a test has cut or used up is there again before its rows are removed and the next one
    begins.
    """
    yield
    wait_for(database_answers)
    loop.run(checkpointer.forget())
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # it may be pausing before its next try


def database_answers():
    try:
        psycopg.connect(**checkpointer.connection_arguments()).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def models(model_server, settings):
    """A server for the workers of a test that does what beat does: it sends again soon what was
    lost.
    """
    settings.LEASE_SECONDS, settings.DISPATCH_GRACE_SECONDS = 4, 3
    model_server.latency = 0.2
    return model_server


@pytest.fixture
def web_settings():
    """Variables of the web process; a test that needs others says so."""
    return {}


@pytest.fixture
def database(transactional_db):
    """The line over which the web reaches PostgreSQL."""
    with tcp.line(tcp.of_database(test_database_url())) as line:
        yield line


@pytest.fixture
def web(database, tmp_path, web_settings):
    """The address of a web process on the tests' database."""
    port = free_port()
    serve = [sys.executable, "manage.py", "web", "--port", str(port)]
    address = tcp.database_url(test_database_url(), "127.0.0.1", database.port)
    own = {"DATABASE_URL": address, "REDIS_URL": settings.REDIS_URL} | web_settings
    with (tmp_path / "web.log").open("w") as log:
        process = subprocess.Popen(serve, cwd=ROOT, env=os.environ | own, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(f"{address}/healthz"))
        yield address
    finally:
        process.kill()
        process.wait(DEADLINE_SECONDS)


@pytest.fixture
def learner(web, client, owner):
    """A browser in which the owner is signed in."""
    client.force_login(owner)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    with httpx.Client(
        base_url=web, cookies=cookies, timeout=60, headers={"Referer": web}
    ) as browser:
        yield browser
