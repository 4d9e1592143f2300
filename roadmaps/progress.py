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
from roadmaps import loop, wording

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0
Hint = tuple[str, dict[str, Any]]  # a group of the channel layer, a message


def group_name(roadmap_id: uuid.UUID | str) -> str:
    return f"roadmap-{roadmap_id}"


def record(roadmap_id: uuid.UUID, event: str, message: str, *, level: str = "info", **data: Any) -> None:
    """Tell what happened, after the commit of what it tells of. A broker that is away costs the hint, not the work.

    A `message` that is a Sentence is told to each reader in their language.
    """
    if source := wording.source_of(message):
        data |= {"source": source}
    entry = buffer.make_event(roadmap_id, event, message, level, data)
    if connection.in_atomic_block:
        transaction.on_commit(lambda: _tell(entry))
    else:
        _tell(entry)  # on_commit() would take a database connection to find that out


def _tell(entry: dict[str, Any]) -> None:
    buffer.append(entry)
    hint(group_name(entry["roadmap_id"]), "roadmap.event", entry)


def hint(group: str, kind: str, event: dict[str, Any]) -> None:
    """Tell the consumers of `group` now, in the order of the calls. Nobody waits for it, and Redis may be away."""
    _outbox.put((group, {"type": kind, "event": event}))


class _Outbox:
    """Hints on their way to open pages, in order. Nobody waits for them."""

    def __init__(self) -> None:
        self._waiting: deque[Hint] = deque()
        self._lock = threading.Lock()
        self._sending: Future[None] | None = None

    def put(self, hint: Hint) -> None:
        with self._lock:
            self._waiting.append(hint)
            if self._sending is None:
                self._sending = asyncio.run_coroutine_threadsafe(self._send(), loop.get())

    async def _send(self) -> None:
        layer = get_channel_layer()
        while batch := self._take():
            for group, message in batch:
                try:
                    await layer.group_send(group, message)
                except (RedisError, OSError) as exc:
                    logger.warning("nobody in %s was told: %s", group, exc)

    def _take(self) -> list[Hint]:
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
