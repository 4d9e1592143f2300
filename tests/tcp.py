"""A TCP port in front of a service on this machine: how another machine sees it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg.conninfo


class Line:
    """A port in front of a service; its traffic can be held up, so that the service seems to hang.

    New connections are accepted meanwhile, and nothing comes over them either.
    """

    def __init__(self, target: str | tuple[str, int], host: str) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._passing = asyncio.Event()
        self._passing.set()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="forwarder", daemon=True
        )
        self._thread.start()
        made = asyncio.start_server(self._join, host, 0, backlog=1024)
        self._server = asyncio.run_coroutine_threadsafe(made, self._loop).result(60)
        self.port = self._server.sockets[0].getsockname()[1]

    def hang(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.clear)

    def go_on(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.set)

    def close(self) -> None:
        """Ends with every connection, so that no task is left for the garbage collector."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        open_ones = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _join(self, reader: Any, writer: Any) -> None:
        target = self._target
        opened = (
            asyncio.open_unix_connection(target)
            if isinstance(target, str)
            else asyncio.open_connection(*target)
        )
        try:
            their_reader, their_writer = await opened
        except (OSError, asyncio.CancelledError):  # nobody listens there, or the line ends
            writer.close()
            return
        # Python 3.11 logs the end of a connection's task that was cancelled as an error.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(
                self._pass_on(reader, their_writer), self._pass_on(their_reader, writer)
            )
        writer.close()
        their_writer.close()

    async def _pass_on(self, reader: Any, writer: Any) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@contextlib.contextmanager
def line(target: str | tuple[str, int], host: str = "127.0.0.1") -> Iterator[Line]:
    """A `Line` on `host` to `target`: the path of a Unix socket, or an address."""
    made = Line(target, host)
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def forwarded(target: str | tuple[str, int], host: str = "127.0.0.1") -> Iterator[int]:
    """The port of a `line`."""
    with line(target, host) as made:
        yield made.port


def of_database(url: str) -> str | tuple[str, int]:
    """Where the PostgreSQL of a DATABASE_URL listens."""
    told = psycopg.conninfo.conninfo_to_dict(url)
    host, port = str(told.get("host") or "localhost"), int(told.get("port") or 5432)
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)


def of_redis(url: str) -> str | tuple[str, int]:
    parts = urlsplit(url)
    return (
        parts.path
        if parts.scheme == "unix"
        else (parts.hostname or "localhost", parts.port or 6379)
    )


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
