"""Progress events: the execution log keeps each, and open pages see it."""

import atexit
import logging
import threading
import uuid
from queue import SimpleQueue
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection, transaction
from redis.exceptions import RedisError

from logs_app import buffer, redis_clients
from roadmaps import sentences

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0
GROUP_PREFIX = f"{settings.CHANNEL_PREFIX}__group__"  # channels-redis' name of a group
_client = redis_clients.client()
Hint = tuple[str, dict[str, Any]]  # a group of the channel layer, a message


def group_name(roadmap_id: uuid.UUID | str) -> str:
    return f"roadmap-{roadmap_id}"


def record(
    roadmap_id: uuid.UUID, event: str, message: str, *, level: str = "info", **data: Any
) -> None:
    """Tell what happened, after the commit of what it tells of.

    A broker that is away costs the hint, not the work.

    A `message` that is a Sentence is told to each reader in their language.
    """
    if source := sentences.source_of(message):
        data |= {"source": source}
    entry = buffer.make_event(roadmap_id, event, message, level, data)
    if connection.in_atomic_block:
        transaction.on_commit(lambda: _tell(entry))
    else:
        _tell(entry)  # on_commit() would take a database connection to find that out


def _tell(entry: dict[str, Any]) -> None:
    # The log first: who joins in between finds it there.
    buffer.append(entry, lambda: hint(group_name(entry["roadmap_id"]), "roadmap.event", entry))


def hint(group: str, kind: str, event: dict[str, Any]) -> None:
    """Tell the consumers of `group` now, in the order of the calls.

    Nobody waits for it, and Redis may be away.
    """
    outbox.put((group, {"type": kind, "event": event}))


class _Outbox:
    """Hints on their way to open pages, in order. Nobody waits for them.

    A thread of its own sends them: on the loop an event would wait for its turn behind hundreds of
    runs that begin.
    """

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Hint | None] = SimpleQueue()
        self._lock = threading.Lock()
        self.sender: threading.Thread | None = None

    def put(self, hint: Hint) -> None:
        self._waiting.put(hint)
        with self._lock:
            if self.sender is None or not self.sender.is_alive():
                self.sender = threading.Thread(target=self._send, name="cairn-hints", daemon=True)
                self.sender.start()

    def _send(self) -> None:
        """All that waits goes in one round trip."""
        batch: list[Hint | None] = []
        while None not in batch:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            self._publish([hint for hint in batch if hint])

    def _publish(self, hints: list[Hint]) -> None:
        layer = get_channel_layer()
        try:
            with _client.pipeline(transaction=False) as pipe:
                for group, message in hints:
                    pipe.publish(f"{GROUP_PREFIX}{group}", layer.serialize(message))
                pipe.execute()
        except (RedisError, OSError) as exc:
            logger.warning("open pages were not told of %d events: %s", len(hints), exc)

    def flush(self) -> None:
        """At the end of the process: what was just told still gets out."""
        if self.sender and self.sender.is_alive():
            self._waiting.put(None)
            self.sender.join(FLUSH_SECONDS)


outbox = _Outbox()
atexit.register(outbox.flush)
