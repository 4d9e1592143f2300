"""One event, told to everybody: the execution log keeps it, open pages see it."""

import logging
import uuid
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from logs_app import buffer
from roadmaps import loop

logger = logging.getLogger(__name__)


def group_name(roadmap_id: uuid.UUID | str) -> str:
    return f"roadmap-{roadmap_id}"


def record(roadmap_id: uuid.UUID, event: str, message: str, *, level: str = "info", **data: Any) -> None:
    """Tell what happened, after the commit of what it tells of. A broker that is away costs the hint, not the work."""
    entry = buffer.make_event(roadmap_id, event, message, level, data)
    transaction.on_commit(lambda: _tell(roadmap_id, entry))


def _tell(roadmap_id: uuid.UUID, entry: dict[str, Any]) -> None:
    buffer.append(entry)
    try:
        loop.run(_publish(roadmap_id, entry), timeout=5)
    except (RedisError, OSError) as exc:
        logger.warning("nobody was told of %s: %s", entry["event"], exc)


async def _publish(roadmap_id: uuid.UUID, entry: dict[str, Any]) -> None:
    await get_channel_layer().group_send(group_name(roadmap_id), {"type": "roadmap.event", "event": entry})
