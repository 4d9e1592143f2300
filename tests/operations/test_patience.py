"""How long a page and a worker wait for PostgreSQL: the deadline that is handed down, and what a
socket is told.
"""

import asyncio

import psycopg
import psycopg_pool
import pytest
from django.db import connection

from config import outages
from roadmaps.engine import loop
from roadmaps.operations import patience


def answered(kind, act):
    """What an application that does `act(send)` sends, behind the limit of the web."""
    sent = []

    async def application(scope, receive, send):
        await act(send)

    async def send(message):
        sent.append(message)

    async def request():
        await outages.bounded(application, loop.DATABASE_AWAY)({"type": kind}, None, send)

    asyncio.run(request())
    return sent


@pytest.fixture
def waited(monkeypatch):
    """How long each request for a connection may take."""
    seconds = []

    def refuse(_pool, timeout=None):
        seconds.append(timeout)
        raise psycopg_pool.PoolTimeout("none")

    monkeypatch.setattr(psycopg_pool.ConnectionPool, "getconn", refuse)
    return seconds


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_page_waits_less_than_two_seconds_and_a_worker_outlasts_a_restart(waited, kind):
    pool = connection.pool  # type: ignore[attr-defined]

    async def ask(_send):
        await asyncio.to_thread(ask_pool)

    def ask_pool():
        with pytest.raises(psycopg_pool.PoolTimeout):
            pool.getconn()

    answered(kind, ask)
    ask_pool()
    assert waited == [patience.PAGE_SECONDS, patience.WORK_SECONDS]
    assert patience.PAGE_SECONDS < 2 < patience.WORK_SECONDS


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ([], ["websocket.accept", "websocket.close"]),
        (["websocket.accept"], ["websocket.accept", "websocket.close"]),
        (["websocket.accept", "websocket.close"], ["websocket.accept", "websocket.close"]),
    ],
)
def test_a_socket_in_an_outage_is_closed_once_and_may_come_back(before, expected):
    async def lose_the_database(send):
        for kind in before:
            await send({"type": kind, "code": outages.TRY_AGAIN_LATER})
        raise psycopg.OperationalError("away")

    sent = answered("websocket", lose_the_database)
    assert [message["type"] for message in sent] == expected
    assert sent[-1]["code"] == outages.TRY_AGAIN_LATER


def test_other_errors_of_a_socket_stay_errors():
    async def fail(_send):
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="a fault of ours"):
        answered("websocket", fail)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(("seconds", "of_a_page"), [(7, "7s"), (0, "0")])
def test_a_connections_limit_of_statements_is_that_of_who_has_it_now(
    settings, kind, seconds, of_a_page
):
    """The same connection serves a page, then whoever is no page and has no limit."""
    settings.WEB_STATEMENT_SECONDS = seconds
    pool = connection.pool  # type: ignore[attr-defined]
    pool.open()
    limits = []

    def look():
        with pool.connection() as connected:
            limits.append(connected.execute("SHOW statement_timeout").fetchone()[0])

    async def ask(_send):
        await asyncio.to_thread(look)

    answered(kind, ask)
    look()
    answered(kind, ask)
    assert limits == [of_a_page, "0", of_a_page]
