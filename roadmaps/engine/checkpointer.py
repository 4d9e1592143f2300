"""Checkpoints of LangGraph in PostgreSQL: a schema of their own, and one small pool on the loop."""

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from roadmaps.engine import loop

if TYPE_CHECKING:
    from roadmaps.engine.saver import Saver

SCHEMA = "checkpoints"
CHECK_EVERY_SECONDS = 1.0  # of a connection's use
Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
_pools: dict[asyncio.AbstractEventLoop, Pool] = {}
_savers: dict[asyncio.AbstractEventLoop, "Saver"] = {}


def connection_arguments() -> dict[str, Any]:
    """For a connection beside Django's: the same database, LangGraph's schema first."""
    arguments = connection.get_connection_params()
    for name in ("cursor_factory", "context", "pool"):
        arguments.pop(name, None)
    return arguments | {
        "autocommit": True,
        "row_factory": dict_row,
        "prepare_threshold": None if settings.DATABASE_TRANSACTION_POOLER else 5,
        "options": f"-c search_path={SCHEMA},public",
    }


async def pool() -> Pool:
    """The loop's connections, for checkpoints and the journal of model calls."""
    running = asyncio.get_running_loop()
    if running not in _pools:
        new_pool: Pool = AsyncConnectionPool(
            connection_class=Connection,
            kwargs=connection_arguments(),
            min_size=0,
            max_size=settings.CHECKPOINT_POOL_SIZE,
            check=_check,
            timeout=60,
            reconnect_timeout=4,  # given up early and begun anew, as in settings
            open=False,
        )
        _pools[running] = new_pool
        await new_pool.open()
    return _pools[running]


class Connection(AsyncConnection[DictRow]):
    checked_at = 0.0


async def _check(connection: AsyncConnection[DictRow]) -> None:
    """A connection that PostgreSQL has cut is not handed out, and its idle neighbours go with it.

    The pool waits longer after each bad one, so that meeting them one by one would take a minute.
    One in busy use is not asked every time: that would be every third statement.
    """
    assert isinstance(connection, Connection)
    now = time.monotonic()
    if now - connection.checked_at < CHECK_EVERY_SECONDS:
        return
    connection.checked_at = now
    try:
        await AsyncConnectionPool.check_connection(connection)
    except psycopg.OperationalError:
        await (await pool()).drain()
        raise


async def saver() -> "Saver":
    """The loop's one saver, so that a graph is compiled once."""
    from roadmaps.engine.saver import Saver  # LangGraph: pages import this module

    running = asyncio.get_running_loop()
    if running not in _savers:
        new_saver = _savers[running] = Saver(await pool())
        # Each statement has its own connection.
        new_saver.lock = contextlib.nullcontext()  # type: ignore[assignment]
    return _savers[running]


def migrate() -> None:
    """Make the schema and LangGraph's tables, or bring them up to date."""
    with connection.cursor() as cursor:
        cursor.execute(
            SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(SCHEMA)).as_string(None)
        )
    loop.run(_set_up())


async def _set_up() -> None:
    await (await saver()).setup()


async def delete_thread(thread_id: str) -> None:
    await (await saver()).adelete_thread(thread_id)


async def forget() -> None:
    """Close the pool, so that nothing holds the database (a test database that is dropped, a
    stop).
    """
    _savers.pop(asyncio.get_running_loop(), None)
    if open_pool := _pools.pop(asyncio.get_running_loop(), None):
        await open_pool.close()
