"""Connections whose clients are slow, silent or many: each ends, and others are answered."""

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
import uvicorn
from django.conf import settings

from config import connections
from tests.conftest import DEADLINE_SECONDS, ROOT, test_database_url, wait_for
from tests.e2e.conftest import answers, free_port

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = HEAD + b"\r\n"
SOCKET = (
    b"GET /ws/reviews/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
)
FORM = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
TIMED_OUT = b"HTTP/1.1 408 "
SHORT = {
    "HEAD_SECONDS": "1",
    "BODY_SECONDS": "1",
    "KEEP_ALIVE_SECONDS": "3600",
    "BODY_BYTES_PER_SECOND": "1000",
}
PATIENT = {
    "HEAD_SECONDS": "3600",
    "KEEP_ALIVE_SECONDS": "3600",
    "WAITING_CONNECTIONS": "60",
    "WAITING_PER_ADDRESS": "20",
}


@contextlib.contextmanager
def web(log, **environment):
    """The port of a web as `manage.py web` serves it."""
    port = free_port()
    own = {"DATABASE_URL": test_database_url(), "REDIS_URL": settings.REDIS_URL} | environment
    command = [sys.executable, "manage.py", "web", "--port", str(port)]
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | own, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
        yield port
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def hasty_web(django_db_setup, tmp_path_factory):
    with web(tmp_path_factory.mktemp("web") / "web.log", **SHORT) as port:
        yield port


def connect(port, source="127.0.0.1"):
    client = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
    client.settimeout(DEADLINE_SECONDS)
    return client


def what_comes(client):
    """All that the web sends until it closes the connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := client.recv(1_000_000):
            parts.append(part)
    return b"".join(parts)


def drip(client):
    """Send a byte now and then for as long as the web listens."""

    def send():
        with contextlib.suppress(OSError):
            while True:
                client.sendall(b"a")
                time.sleep(0.1)

    threading.Thread(target=send, daemon=True).start()


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", b""),
        (HEAD, TIMED_OUT),
        (b"G", TIMED_OUT),
        (SOCKET, TIMED_OUT),
        (FORM, TIMED_OUT),
        (FORM + b"login=o", TIMED_OUT),
        (CHUNKED, TIMED_OUT),
        (b"\r\n", b""),
    ],
)
def test_what_never_gets_whole_is_closed_and_others_are_answered(hasty_web, sent, answered):
    with connect(hasty_web) as client:
        client.sendall(sent)
        assert answers(f"http://127.0.0.1:{hasty_web}/healthz")
        received = what_comes(client)
    assert received.startswith(answered)


@pytest.mark.parametrize("sent", [HEAD + b"X-Slow: ", FORM, CHUNKED.replace(b"5\r\n", b"ffff\r\n")])
def test_what_drips_is_closed_as_well(hasty_web, sent):
    with connect(hasty_web) as client:
        client.sendall(sent)
        drip(client)
        assert what_comes(client).startswith(TIMED_OUT)


@pytest.mark.parametrize(("first", "then"), [(WHOLE, HEAD), (WHOLE + HEAD, b"X-Slow: ")])
def test_a_second_head_on_a_kept_connection_has_its_time_too(hasty_web, first, then):
    with connect(hasty_web) as client:
        client.sendall(first)
        assert client.recv(1) == b"H"
        client.sendall(then)
        received = what_comes(client)
    assert b" 200 OK" in received
    assert TIMED_OUT in received


def test_a_connection_that_is_kept_for_nothing_is_closed(transactional_db, tmp_path):
    with web(tmp_path / "web.log", KEEP_ALIVE_SECONDS="1") as port, connect(port) as client:
        client.sendall(WHOLE)
        received = what_comes(client)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1 ") == 1


def test_a_long_body_gets_more_time_than_a_short_one(settings):
    settings.BODY_SECONDS, settings.BODY_BYTES_PER_SECOND = 30, 10_000
    assert connections.body_seconds(0) == 30
    assert connections.body_seconds(10_000_000) == 1030


@pytest.fixture(scope="module")
def crowded_web(django_db_setup, tmp_path_factory):
    """It closes nothing by time."""
    with web(tmp_path_factory.mktemp("web") / "web.log", **PATIENT) as port:
        yield port


@contextlib.contextmanager
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_requests_that_come_in_pieces_are_answered(crowded_web):
    with connect(crowded_web) as client:
        for piece in (b"GET /heal", b"thz HTTP/1.1\r\n", b"Host: localhost\r\n\r\n"):
            client.sendall(piece)
        assert client.recv(1) == b"H"
        client.sendall(HEAD)
        client.sendall(b"Connection: close\r\n\r\n")
        assert what_comes(client).count(b"200 OK") == 2


def half_requests(stack, port, count, sources):
    clients = []
    for number in range(count):
        client = stack.enter_context(connect(port, sources[number % len(sources)]))
        client.sendall(HEAD)
        clients.append(client)
    return clients


def closed(clients):
    count = 0
    for client in clients:
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            with contextlib.suppress(ConnectionError):
                client.recv(1)
            count += 1
    return count


def test_a_thousand_half_requests_leave_room(crowded_web):
    sources = [f"127.0.0.{number}" for number in range(10, 20)]
    with many_files(), contextlib.ExitStack() as stack:
        clients = half_requests(stack, crowded_web, 1000, sources)
        address = f"http://127.0.0.1:{crowded_web}/accounts/login/"
        answer = httpx.get(address, timeout=DEADLINE_SECONDS, headers={"Host": "localhost"})
        assert answer.status_code == 200
        wait_for(lambda: closed(clients) >= 1000 - 60)
        assert closed(clients[:940]) == 940  # the oldest first


def test_too_many_of_one_address_cost_another_nothing(crowded_web):
    with contextlib.ExitStack() as stack:
        (another,) = half_requests(stack, crowded_web, 1, ["127.0.0.31"])
        clients = half_requests(stack, crowded_web, 40, ["127.0.0.32"])
        wait_for(lambda: closed(clients) >= 20)
        assert closed(clients[-20:]) == 0
        another.setblocking(True)
        another.sendall(b"\r\n")
        assert another.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_behind_a_proxy_all_connections_have_its_address(settings):
    """So only the limit of all holds."""
    settings.WAITING_PER_ADDRESS, settings.WAITING_CONNECTIONS = 2, 5
    ended: list[int] = []
    for behind_proxy, left in ((True, 5), (False, 2)):
        settings.BEHIND_PROXY = behind_proxy
        ended.clear()
        waiting = connections.WaitingConnections()
        for number in range(7):
            waiting.add(connection(number, ended))
        assert ended == list(range(7 - left))


def connection(number, ended):
    """One that notes its end."""
    found = connections.BoundedProtocol.__new__(connections.BoundedProtocol)
    found.address = "192.0.2.1"
    found.transport = cast(asyncio.Transport, SimpleNamespace(close=lambda: ended.append(number)))
    return found


LONG = b"a" * 1_000_000
PIECES = 60


async def long_answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(PIECES):
        await send({"type": "http.response.body", "body": LONG, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def answering():
    """The port of a server in this process, whose answer is long."""
    port = free_port()
    config = uvicorn.Config(
        long_answer, port=port, lifespan="off", log_config=None, **connections.options()
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    yield port, server
    server.should_exit = True
    thread.join(DEADLINE_SECONDS)


def test_who_reads_nothing_of_an_answer_is_let_go(answering, settings):
    settings.READ_SECONDS = 1
    port, server = answering
    with connect(port) as client:
        client.sendall(WHOLE)
        wait_for(lambda: server.server_state.tasks)
        wait_for(lambda: not server.server_state.tasks)
        assert not server.server_state.connections
        assert len(what_comes(client)) < PIECES * len(LONG)


def test_who_reads_gets_all_of_it(answering):
    port, _server = answering
    with connect(port) as client:
        client.sendall(HEAD + b"Connection: close\r\n\r\n")
        assert len(what_comes(client)) > PIECES * len(LONG)
