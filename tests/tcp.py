"""A TCP port in front of a service on this machine: how another machine sees it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg.conninfo


@contextlib.contextmanager
def forwarded(target: str | tuple[str, int], host: str = "127.0.0.1") -> Iterator[int]:
    """The port on `host` behind which `target`, the path of a Unix socket or an address, answers."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="forwarder", daemon=True)
    thread.start()
    made = asyncio.start_server(lambda *ends: _join(target, *ends), host, 0, backlog=1024)
    server = asyncio.run_coroutine_threadsafe(made, loop).result(60)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _join(target: str | tuple[str, int], reader: Any, writer: Any) -> None:
    opened = asyncio.open_unix_connection(target) if isinstance(target, str) else asyncio.open_connection(*target)
    their_reader, their_writer = await opened
    await asyncio.gather(_pass_on(reader, their_writer), _pass_on(their_reader, writer))


async def _pass_on(reader: Any, writer: Any) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def of_database(url: str) -> str | tuple[str, int]:
    """Where the PostgreSQL of a DATABASE_URL listens."""
    told = psycopg.conninfo.conninfo_to_dict(url)
    host, port = str(told.get("host") or "localhost"), int(told.get("port") or 5432)
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)


def of_redis(url: str) -> str | tuple[str, int]:
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else (parts.hostname or "localhost", parts.port or 6379)


def database_url(url: str, host: str, port: int) -> str:
    """The same database behind another address."""
    told = psycopg.conninfo.conninfo_to_dict(url)
    secret = f":{told['password']}" if told.get("password") else ""
    return f"postgresql://{told['user']}{secret}@{host}:{port}/{told['dbname']}"


def redis_url(url: str, host: str, port: int) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"redis://{host}:{port}/0"
    secret = f"{parts.username or ''}:{parts.password}@" if parts.password else ""
    return f"{parts.scheme}://{secret}{host}:{port}{parts.path}"
