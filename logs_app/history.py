"""What has happened to a roadmap so far, as its page tells it."""

import logging
import uuid
from collections.abc import Collection
from typing import Any

from redis.exceptions import RedisError

from logs_app import rows, stream
from logs_app.models import ExecutionLog

logger = logging.getLogger(__name__)

EVENTS_MAX = 300  # the newest ones: a page is no archive
SENT = (
    "id",
    "sequence",
    "level",
    "event",
    "message",
    "data",
    "occurred_at",
)  # as the socket sends an event


def events_of(roadmap_id: uuid.UUID) -> list[dict[str, Any]]:
    """The newest events, oldest first, those included which still wait to be written."""
    # The stream first: what is no longer in it is in the table by then.
    events = {event["id"]: event for event in _unwritten(roadmap_id)}
    for entry in ExecutionLog.objects.filter(roadmap_id=roadmap_id).order_by("-sequence")[
        :EVENTS_MAX
    ]:
        events[str(entry.pk)] = _as_sent(entry)
    return sorted(events.values(), key=lambda event: event["sequence"])[-EVENTS_MAX:]


def written_events(roadmap_id: uuid.UUID, names: Collection[str]) -> list[dict[str, Any]]:
    """All events of these names that are in the table, oldest first: a long course drives them out
    of the newest.
    """
    rows = ExecutionLog.objects.filter(roadmap_id=roadmap_id, event__in=names).order_by("sequence")
    return [_as_sent(entry) for entry in rows[:EVENTS_MAX]]


def _unwritten(roadmap_id: uuid.UUID) -> list[dict[str, Any]]:
    try:
        lines = stream.unwritten(str(roadmap_id))
    except RedisError as exc:
        logger.warning("the history may lack the last events: %s", exc)
        return []
    return [{name: event[name] for name in SENT} for event in rows.from_lines(lines)]


def _as_sent(entry: ExecutionLog) -> dict[str, Any]:
    fields = {name: getattr(entry, name) for name in SENT}
    return fields | {"id": str(entry.pk), "occurred_at": entry.occurred_at.isoformat()}
