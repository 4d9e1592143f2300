"""History of a roadmap's events for its page, from the table and the stream."""

import logging
import uuid
from collections.abc import Collection
from typing import Any

from redis.exceptions import RedisError

from logs_app import rows, stream
from logs_app.models import ExecutionLog

logger = logging.getLogger(__name__)

EVENTS_MAX = 300  # the newest ones: a page is no archive
# The fields of an event that the socket sends.
SENT = ("id", "sequence", "level", "event", "message", "data", "occurred_at")


def events_of(roadmap_id: uuid.UUID) -> list[dict[str, Any]]:
    """The newest events, oldest first, those included which still wait to be written."""
    # The stream first: an event that is no longer in it is in the table by then.
    lines: list[bytes] = []
    try:
        lines = stream.unwritten(str(roadmap_id))
    except RedisError as exc:
        logger.warning("the history may lack the last events: %s", exc)
    events = {}
    for event in rows.from_lines(lines):
        events[event["id"]] = {name: event[name] for name in SENT}

    written = ExecutionLog.objects.filter(roadmap_id=roadmap_id).order_by("-sequence")
    for entry in written[:EVENTS_MAX]:
        events[str(entry.pk)] = _as_sent(entry)
    return sorted(events.values(), key=lambda event: event["sequence"])[-EVENTS_MAX:]


def written_events(roadmap_id: uuid.UUID, names: Collection[str]) -> list[dict[str, Any]]:
    """All events of these names in the table, oldest first.

    They are read apart, as a long course drives them out of the newest events.
    """
    entries = ExecutionLog.objects.filter(roadmap_id=roadmap_id, event__in=names)
    return [_as_sent(entry) for entry in entries.order_by("sequence")[:EVENTS_MAX]]


def _as_sent(entry: ExecutionLog) -> dict[str, Any]:
    fields = {name: getattr(entry, name) for name in SENT}
    return fields | {"id": str(entry.pk), "occurred_at": entry.occurred_at.isoformat()}
