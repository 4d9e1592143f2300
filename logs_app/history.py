"""What has happened to a roadmap so far, as its page tells it."""

import logging
import uuid
from typing import Any

from redis.exceptions import RedisError

from logs_app import buffer
from logs_app.models import ExecutionLog

logger = logging.getLogger(__name__)

EVENTS_MAX = 300  # the newest ones: a page is no archive


def events_of(roadmap_id: uuid.UUID) -> list[dict[str, Any]]:
    """The newest events, oldest first; what still waits in the buffer is written before."""
    try:
        buffer.drain()
    except RedisError as exc:
        logger.warning("the history may lack the last events: %s", exc)
    newest = ExecutionLog.objects.filter(roadmap_id=roadmap_id).order_by("-sequence")[:EVENTS_MAX]
    return [_as_sent(entry) for entry in reversed(newest)]


def _as_sent(entry: ExecutionLog) -> dict[str, Any]:
    """As buffer.make_event() made it and the socket sends it."""
    names = ("sequence", "level", "event", "message", "data")
    fields = {name: getattr(entry, name) for name in names}
    return fields | {"id": str(entry.pk), "occurred_at": entry.occurred_at.isoformat()}
