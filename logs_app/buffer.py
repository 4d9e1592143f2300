"""The way of an event into the execution log: a Redis stream, drained in batches by `batch_write_logs`.

An event is out of the process as soon as `append` returns, so a killed worker loses none. Without Redis it waits in
the process and goes with the next event that gets through, or straight to the table when the process ends.
"""

import atexit
import json
import logging
import threading
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any, cast

import redis
from django.conf import settings
from django.db import DatabaseError

from logs_app.models import ExecutionLog

logger = logging.getLogger(__name__)

STREAM = "cairn:logs"
SCHEDULED = "cairn:logs:scheduled"
SCHEDULED_MILLISECONDS = 2000  # a message lost on its way holds up the log for so long
BATCH_SIZE = 1000
WAITING_MAX = 20_000  # events kept in a process while Redis is away

_client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
_lock = threading.Lock()
_waiting: deque[dict[str, Any]] = deque(maxlen=WAITING_MAX)
_last_sequence = 0


def _next_sequence() -> int:
    global _last_sequence
    with _lock:
        _last_sequence = max(time.time_ns(), _last_sequence + 1)
        return _last_sequence


def make_event(roadmap_id: uuid.UUID, event: str, message: str, level: str, data: dict[str, Any]) -> dict[str, Any]:
    sequence = _next_sequence()
    return {
        "id": str(uuid.uuid4()),
        "roadmap_id": str(roadmap_id),
        "sequence": sequence,
        "level": level,
        "event": event,
        "message": message[:1000],
        "data": data,
        "occurred_at": datetime.fromtimestamp(sequence / 1e9, UTC).isoformat(),
    }


def append(event: dict[str, Any]) -> None:
    """Hand `event` over; never raises for a broker that is away."""
    _waiting.append(event)
    try:
        if _send():
            _schedule()
    except redis.RedisError as exc:
        logger.warning("execution log waits for Redis: %s", exc)


def _send() -> bool:
    """Move what waits to the stream; true when a batch must be scheduled for it."""
    with _client.pipeline(transaction=True) as pipe:
        taken = []
        while _waiting:
            taken.append(_waiting.popleft())
            pipe.xadd(STREAM, {"event": json.dumps(taken[-1])})
        pipe.set(SCHEDULED, 1, nx=True, px=SCHEDULED_MILLISECONDS)
        try:
            return bool(pipe.execute()[-1])
        except redis.RedisError:
            _waiting.extendleft(reversed(taken))
            raise


def _schedule() -> None:
    from celery import current_app
    from kombu.exceptions import OperationalError

    try:
        current_app.send_task("batch_write_logs", ignore_result=True)
    except OperationalError as exc:
        logger.warning("execution log will be written later: %s", exc)


def drain() -> int:
    """Write what the stream holds; returns the number of events. Safe to run twice at once: ids are unique."""
    # Forgotten first: an event that comes after the last read schedules the next batch.
    _client.delete(SCHEDULED)
    total = 0
    while entries := cast("list[tuple[bytes, dict[bytes, bytes]]]", _client.xrange(STREAM, count=BATCH_SIZE)):
        write([json.loads(fields[b"event"]) for _, fields in entries])
        _client.xdel(STREAM, *[entry_id for entry_id, _ in entries])
        total += len(entries)
    return total


def write(events: list[dict[str, Any]]) -> None:
    rows = [ExecutionLog(**event | {"occurred_at": datetime.fromisoformat(event["occurred_at"])}) for event in events]
    ExecutionLog.objects.bulk_create(rows, ignore_conflicts=True)


@atexit.register
def flush() -> None:
    """At the end of the process: what Redis didn't take goes straight to the table."""
    if not _waiting:
        return
    try:
        write(list(_waiting))
        _waiting.clear()
    except DatabaseError:
        logger.exception("%d events of the execution log are lost", len(_waiting))
