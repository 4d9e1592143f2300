"""One event, told to everybody: the execution log keeps it, open pages see it."""

import asyncio
import atexit
import contextlib
import logging
import threading
import uuid
from collections import deque
from concurrent.futures import CancelledError, Future
from typing import Any

from channels.layers import get_channel_layer
from django.db import connection, transaction
from redis.exceptions import RedisError

from logs_app import buffer
from roadmaps import loop

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0


def group_name(roadmap_id: uuid.UUID | str) -> str:
    return f"roadmap-{roadmap_id}"


def record(roadmap_id: uuid.UUID, event: str, message: str, *, level: str = "info", **data: Any) -> None:
    """Tell what happened, after the commit of what it tells of. A broker that is away costs the hint, not the work."""
    entry = buffer.make_event(roadmap_id, event, message, level, data)
    if connection.in_atomic_block:
        transaction.on_commit(lambda: _tell(entry))
    else:
        _tell(entry)  # on_commit() would take a database connection to find that out


def _tell(entry: dict[str, Any]) -> None:
    buffer.append(entry)
    _outbox.put(entry)


class _Outbox:
    """Hints on their way to open pages, in order. Nobody waits for them."""

    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._lock = threading.Lock()
        self._sending: Future[None] | None = None

    def put(self, entry: dict[str, Any]) -> None:
        with self._lock:
            self._waiting.append(entry)
            if self._sending is None:
                self._sending = asyncio.run_coroutine_threadsafe(self._send(), loop.get())

    async def _send(self) -> None:
        layer = get_channel_layer()
        while batch := self._take():
            for entry in batch:
                try:
                    message = {"type": "roadmap.event", "event": entry}
                    await layer.group_send(group_name(entry["roadmap_id"]), message)
                except (RedisError, OSError) as exc:
                    logger.warning("nobody was told of %s: %s", entry["event"], exc)

    def _take(self) -> list[dict[str, Any]]:
        with self._lock:
            batch = list(self._waiting)
            self._waiting.clear()
            if not batch:
                self._sending = None
            return batch

    def flush(self) -> None:
        """At the end of the process: what was just told still gets out."""
        if sending := self._sending:
            with contextlib.suppress(TimeoutError, CancelledError):
                sending.result(FLUSH_SECONDS)


_outbox = _Outbox()
atexit.register(_outbox.flush)
