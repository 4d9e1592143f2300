"""Queues as the broker and the workers report them: depth, age, listeners."""

import time
from typing import cast

import orjson
from celery import current_app
from django.conf import settings

from logs_app import redis_clients

# kombu keeps the messages of one queue in a list per step of priority.
PRIORITIES = ("", "\x06\x163", "\x06\x166", "\x06\x169")


def depths() -> dict[str, int]:
    """Messages that wait, by queue. Raises RedisError."""
    with redis_clients.client() as client:
        pipe = client.pipeline(transaction=False)
        for name in settings.QUEUES:
            for priority in PRIORITIES:
                pipe.llen(name + priority)
        lengths = cast("list[int]", pipe.execute())
    steps = len(PRIORITIES)
    return {
        name: sum(lengths[place * steps : (place + 1) * steps])
        for place, name in enumerate(settings.QUEUES)
    }


def oldest_seconds() -> dict[str, float | None]:
    """Age of the longest-waiting message of each queue; None where nothing waits.

    Raises RedisError.
    """
    with redis_clients.client() as client:
        pipe = client.pipeline(transaction=False)
        for name in settings.QUEUES:
            for priority in PRIORITIES:
                pipe.lindex(name + priority, -1)  # kombu takes from this end
        last = cast("list[bytes | None]", pipe.execute())
    now = time.time()
    steps = len(PRIORITIES)
    ages: dict[str, float | None] = {}
    for place, name in enumerate(settings.QUEUES):
        ages[name] = None
        messages = last[place * steps : (place + 1) * steps]
        times = [sent_at for sent_at in map(_sent_at, messages) if sent_at is not None]
        if times:
            ages[name] = max(0.0, now - min(times))
    return ages


def _sent_at(message: bytes | None) -> float | None:
    """Time of sending; None without a message, and for one that no process of ours has sent."""
    try:
        return float(orjson.loads(message or b"null")["headers"]["sent_at"])
    except (ValueError, KeyError, TypeError):
        return None


def workers(timeout: float = 1) -> dict[str, list[str]]:
    """The queues that each worker listens on.

    Takes `timeout` seconds; raises what BROKER_AWAY names.

    Over a connection of its own: a pooled one that Redis cut when it restarted fails at its next
    use.
    """
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0.1)
        inspection = current_app.control.inspect(timeout=timeout, connection=connection)
        answers = inspection.active_queues() or {}
    names = {}
    for worker, queues in answers.items():
        names[worker] = [queue["name"] for queue in queues]
    return names


def listeners(queues_by_worker: dict[str, list[str]]) -> dict[str, list[str]]:
    """The workers that listen on each of our queues: `workers()` turned around."""
    by_queue = {}
    for name in settings.QUEUES:
        listening = [worker for worker, names in queues_by_worker.items() if name in names]
        by_queue[name] = sorted(listening)
    return by_queue
