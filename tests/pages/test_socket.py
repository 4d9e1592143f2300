"""Live progress: who hears it, and what is said first."""

import asyncio
import json
import threading

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from config.asgi import application
from roadmaps import progress
from roadmaps.engine import loop
from tests import courses
from tests.conftest import DEADLINE_SECONDS, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
OURS = b"http://localhost"


def socket(pk, user=None, origin=OURS, query=""):
    return socket_at(f"/ws/roadmaps/{pk}/", user, origin, query)


def socket_at(path, user=None, origin=OURS, query=""):
    all_told()
    headers = [(b"origin", origin), (b"host", b"localhost")]
    if user:
        browser = Client()
        browser.force_login(user)
        cookie = (
            f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
        )
        headers.append((b"cookie", cookie.encode()))
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": query.encode(),
        "headers": headers,
        "subprotocols": [],
    }
    return ApplicationCommunicator(application, scope)


def all_told():
    """What was recorded so far has left: who joins now hears only of what comes."""
    progress.outbox.flush()
    wait_for(lambda: not (progress.outbox.sender and progress.outbox.sender.is_alive()))


async def connect(opened):
    await opened.send_input({"type": "websocket.connect"})
    return (await opened.receive_output(timeout=DEADLINE_SECONDS))["type"] == "websocket.accept"


async def hear(opened):
    return json.loads((await opened.receive_output(timeout=DEADLINE_SECONDS))["text"])


async def closing_code(opened):
    assert await connect(opened)
    code = (await opened.receive_output(timeout=DEADLINE_SECONDS))["code"]
    await leave(opened, code)
    return code


async def leave(opened, code=1000):
    """As a server does: a consumer that hears nothing of the end waits for its channel for ever."""
    await opened.send_input({"type": "websocket.disconnect", "code": code})
    await opened.wait(timeout=DEADLINE_SECONDS)


def test_the_owner_gets_a_snapshot_and_then_each_event():
    owner = courses.person("owner")
    roadmap = courses.designed(owner)
    opened = socket(roadmap.pk, owner)

    async def listen():
        assert await connect(opened)
        snapshot = await hear(opened)
        await asyncio.to_thread(progress.record, roadmap.pk, "something", "It happened")
        event = await hear(opened)
        await leave(opened)
        return snapshot, event

    snapshot, event = asyncio.run(listen())
    assert snapshot["type"] == "snapshot"
    assert snapshot["status"] == "AWAITING_REVIEW"
    assert snapshot["events"][0]["event"] == "requested"
    assert event["event"]["message"] == "It happened"


def test_an_event_arrives_while_the_loop_of_the_runs_is_busy():
    owner = courses.person("owner")
    roadmap = courses.designed(owner)
    opened, idle = socket(roadmap.pk, owner), threading.Event()

    async def listen():
        assert await connect(opened)
        await hear(opened)
        await asyncio.to_thread(progress.record, roadmap.pk, "something", "It happened")
        event = await hear(opened)
        await leave(opened)
        return event

    loop.get().call_soon_threadsafe(idle.wait)
    try:
        assert asyncio.run(listen())["event"]["message"] == "It happened"
    finally:
        idle.set()


def test_the_signed_out_and_strangers_are_turned_away_with_a_code():
    roadmap = courses.requested(courses.person("owner"))
    assert asyncio.run(closing_code(socket(roadmap.pk))) == 4401
    assert asyncio.run(closing_code(socket(roadmap.pk, courses.person("stranger")))) == 4404


@pytest.fixture
def reached(settings):
    """Settings of a site with an address of its own and a trusted one, behind a proxy."""
    settings.PUBLIC_URL = "https://cairn.example.com"
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.net", "https://desk.example.org:8443"]
    settings.ALLOWED_HOSTS = ["localhost", "cairn.example.com"]


def is_let_in(roadmap, owner, origin):
    opened = socket(roadmap.pk, owner, origin=origin)

    async def knock():
        connected = await connect(opened)
        if connected:
            await hear(opened)
        await leave(opened)
        return connected

    return asyncio.run(knock())


FOREIGN = [
    b"https://evil.example",
    b"http://localhost:6666",  # another port of the same machine
    b"https://localhost",  # another scheme
    b"http://cairn.example.com",
    b"https://cairn.example.com:8443",
    b"https://example.net.evil.example",
    b"http://pages.example.net",
    b"https://desk.example.org",
    b"null",
    b"",
    b"file://",
    b"http://localhost:99999",
    b"http://[",
    b"\xff",
]


def test_a_page_of_another_site_is_refused(reached):
    owner = courses.person("owner")
    roadmap = courses.requested(owner)
    assert [origin for origin in FOREIGN if is_let_in(roadmap, owner, origin)] == []


def test_two_origins_or_none_are_refused(reached):
    owner = courses.person("owner")
    opened = [socket(courses.requested(owner).pk, owner) for _ in range(2)]
    opened[0].scope["headers"].append((b"origin", b"https://evil.example"))
    opened[1].scope["headers"] = [
        header for header in opened[1].scope["headers"] if header[0] != b"origin"
    ]
    assert [asyncio.run(connect(one)) for one in opened] == [False, False]


@pytest.mark.parametrize(
    "origin",
    [
        b"http://localhost",
        b"http://localhost:80",
        b"https://cairn.example.com",
        b"https://cairn.example.com:443",
        b"https://pages.example.net",
        b"https://desk.example.org:8443",
    ],
)
def test_a_page_of_ours_is_let_in(reached, origin):
    owner = courses.person("owner")
    assert is_let_in(courses.requested(owner), owner, origin)


def test_a_proxy_says_by_which_scheme_a_page_came(reached, settings):
    owner = courses.person("owner")
    opened = [socket(courses.requested(owner).pk, owner, b"https://localhost") for _ in range(2)]
    for one in opened:
        one.scope["headers"].append((b"x-forwarded-proto", b"https"))

    async def knock(one):
        connected = await connect(one)
        await leave(one)
        return connected

    assert not asyncio.run(knock(opened[0]))  # not from a stranger, without a proxy before us
    settings.BEHIND_PROXY = True
    assert asyncio.run(knock(opened[1]))


@pytest.mark.parametrize("path", ["/ws/", "/ws/roadmaps/1/", "/", "/roadmaps/"])
def test_an_address_without_a_socket_is_refused_without_an_error(path):
    async def knock():
        opened = socket_at(path)
        connected = await connect(opened)
        await leave(opened)  # raises what the application raised
        return connected

    assert asyncio.run(knock()) is False


def test_only_so_many_pages_of_one_person_are_told(settings):
    settings.SOCKETS_PER_USER = 2
    owner = courses.person("owner")
    roadmap = courses.requested(owner)
    first, second, third, fourth = (socket(roadmap.pk, owner) for _ in range(4))

    async def open_them():
        for opened in (first, second):
            assert await connect(opened)
            await hear(opened)
        refused = await closing_code(third)
        await leave(first)
        assert await connect(fourth)
        snapshot = await hear(fourth)
        for opened in (second, fourth):
            await leave(opened)
        return refused, snapshot["type"]

    assert asyncio.run(open_them()) == (4429, "snapshot")


def test_who_talks_to_it_is_hung_up_on():
    owner = courses.person("owner")
    opened = socket(courses.requested(owner).pk, owner)

    async def talk():
        await connect(opened)
        await hear(opened)
        await opened.send_input({"type": "websocket.receive", "text": '{"type": "roadmap_event"}'})
        code = (await opened.receive_output(timeout=DEADLINE_SECONDS))["code"]
        await leave(opened, code)
        return code

    assert asyncio.run(talk()) == 4400
