"""The way of an event into the execution log: a Redis stream, drained in batches by
`batch_write_logs`.

An event is out of the process as soon as `append` returns, so a killed worker loses none. Without
Redis it waits in the process and goes with the next event that gets through, or straight to the
table when the process ends.
"""

import atexit
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from logs_app import rows, stream

logger = logging.getLogger(__name__)

# Redis is away, full or restarting, whoever noticed: the socket, kombu, or the Redis client below
# it.
BROKER_AWAY = (OSError, OperationalError, RedisError)
WAITING_MAX = 20_000  # events kept in a process while Redis is away
# after a failure nobody tries for so long: hundreds of threads must not wait for a time-out in
# turn
AWAY_SECONDS = 1.0

_numbering = threading.Lock()
_sending = threading.Lock()
_waiting: deque[tuple[bytes, Callable[[], object]]] = deque(maxlen=WAITING_MAX)
_last_sequence = 0
_away_until = 0.0


def _next_sequence() -> int:
    global _last_sequence
    with _numbering:
        _last_sequence = max(time.time_ns(), _last_sequence + 1)
        return _last_sequence


def make_event(
    roadmap_id: uuid.UUID, event: str, message: str, level: str, data: dict[str, Any]
) -> dict[str, Any]:
    sequence = _next_sequence()
    return {
        "id": str(_id_in_order_of_time(sequence)),
        "roadmap_id": str(roadmap_id),
        "sequence": sequence,
        "level": level,
        "event": event,
        "message": message[:1000],
        "data": data,
        "occurred_at": datetime.fromtimestamp(sequence / 1e9, UTC).isoformat(),
    }


def _id_in_order_of_time(nanoseconds: int) -> uuid.UUID:
    """A version 7 UUID: new rows go to the end of the primary key's index, however large it has
    grown.
    """
    milliseconds, random_part = nanoseconds // 1_000_000, uuid.uuid4().int
    low = random_part & ~(0xFFFF_FFFF_FFFF << 80) & ~(0xF << 76)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | low)


def append(event: dict[str, Any], then: Callable[[], object] = lambda: None) -> None:
    """Hand `event` over, and call `then` once it is out; never raises for a broker that is away.

    Another thread may have sent it and call `then`: this one may come to its turn much later.
    """
    _waiting.append((rows.to_line(event), then))
    # Who has the lock sends for all that wait: hundreds of threads share few round trips.
    with _sending:
        must_schedule = bool(_waiting) and _send()
    if must_schedule:
        _schedule()


def _send() -> bool:
    """Move what waits to the stream; returns whether a batch must be scheduled for it."""
    global _away_until
    if time.monotonic() < _away_until:
        return False
    batch = [_waiting.popleft() for _ in range(len(_waiting))]
    try:
        must_schedule = stream.add([line for line, _ in batch])
    except RedisError as exc:
        _waiting.extendleft(reversed(batch))
        _away_until = time.monotonic() + AWAY_SECONDS
        logger.warning("execution log waits for Redis: %s", exc)
        return False
    for _, then in batch:
        then()
    return must_schedule


def _schedule() -> None:
    from celery import current_app

    try:
        current_app.send_task("batch_write_logs", ignore_result=True)
    except BROKER_AWAY as exc:
        logger.warning("execution log will be written later: %s", exc)


@atexit.register
def flush() -> None:
    """At the end of the process: what Redis didn't take goes straight to the table."""
    if not _waiting:
        return
    try:
        rows.write([line for line, _ in _waiting])
        _waiting.clear()
    except DatabaseError:
        logger.exception("%d events of the execution log are lost", len(_waiting))
