"""Buffer of the execution log: events go to a Redis stream, drained by `batch_write_logs`.

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

# Redis is away, full or restarting, as the socket, kombu, or the Redis client below it reports.
BROKER_AWAY = (OSError, OperationalError, RedisError)
WAITING_MAX = 20_000  # events kept in a process while Redis is away
# After a failure no thread tries for so long: hundreds must not wait for a time-out in turn.
AWAY_SECONDS = 1.0

_numbering = threading.Lock()
_sending = threading.Lock()
waiting_lines: deque[tuple[bytes, Callable[[], object]]] = deque(maxlen=WAITING_MAX)
last_sequence = 0
away_until = 0.0


def make_event(
    roadmap_id: uuid.UUID, event: str, message: str, level: str, data: dict[str, Any]
) -> dict[str, Any]:
    """An event with its id, its time, and a sequence number above all of this process so far."""
    global last_sequence
    with _numbering:
        sequence = last_sequence = max(time.time_ns(), last_sequence + 1)
    return {
        "id": str(uuid7(sequence)),
        "roadmap_id": str(roadmap_id),
        "sequence": sequence,
        "level": level,
        "event": event,
        "message": message[:1000],
        "data": data,
        "occurred_at": datetime.fromtimestamp(sequence / 1e9, UTC).isoformat(),
    }


def uuid7(nanoseconds: int) -> uuid.UUID:
    """A version 7 UUID, in the order of time.

    New rows go to the end of the primary key's index, however large it has grown.
    """
    milliseconds = nanoseconds // 1_000_000
    random_part = uuid.uuid4().int & ~(0xFFFF_FFFF_FFFF << 80) & ~(0xF << 76)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | random_part)


def append(event: dict[str, Any], then: Callable[[], object] = lambda: None) -> None:
    """Hand `event` over, and call `then` once it is out; never raises for a broker that is away.

    Another thread may have sent it and call `then`: this one may come to its turn much later.
    """
    waiting_lines.append((rows.to_line(event), then))
    # The thread with the lock sends for all that wait: hundreds of threads share few round trips.
    with _sending:
        must_schedule = bool(waiting_lines) and _send()
    if must_schedule:
        schedule_batch()


def _send() -> bool:
    """Move all waiting events to the stream; returns whether a batch must be scheduled."""
    global away_until
    if time.monotonic() < away_until:
        return False
    batch = [waiting_lines.popleft() for _ in range(len(waiting_lines))]
    try:
        must_schedule = stream.add([line for line, _ in batch])
    except RedisError as exc:
        waiting_lines.extendleft(reversed(batch))
        away_until = time.monotonic() + AWAY_SECONDS
        logger.warning("execution log waits for Redis: %s", exc)
        return False
    for _, then in batch:
        then()
    return must_schedule


def schedule_batch() -> None:
    """Send the task that drains the stream; never raises for a broker that is away."""
    from celery import current_app

    try:
        current_app.send_task("batch_write_logs", ignore_result=True)
    except BROKER_AWAY as exc:
        logger.warning("execution log will be written later: %s", exc)


@atexit.register
def flush() -> None:
    """Write events that Redis didn't take straight to the table, at the end of the process."""
    if not waiting_lines:
        return
    try:
        rows.write([line for line, _ in waiting_lines])
        waiting_lines.clear()
    except DatabaseError:
        logger.exception("%d events of the execution log are lost", len(waiting_lines))
