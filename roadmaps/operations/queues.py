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
    """How long the longest-waiting message of each queue has waited; None where nothing waits.

    Raises RedisError.
    """
    with redis_clients.client() as client:
        pipe = client.pipeline(transaction=False)
        for name in settings.QUEUES:
            for priority in PRIORITIES:
                pipe.lindex(name + priority, -1)  # kombu takes from this end
        last = cast("list[bytes | None]", pipe.execute())
    sent = [_sent_at(message) for message in last]
    now = time.time()
    steps = len(PRIORITIES)
    ages: dict[str, float | None] = {}
    for place, name in enumerate(settings.QUEUES):
        times = [
            moment for moment in sent[place * steps : (place + 1) * steps] if moment is not None
        ]
        ages[name] = max(0.0, now - min(times)) if times else None
    return ages


def _sent_at(message: bytes | None) -> float | None:
    """None also for a message that none of our processes has sent."""
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
        answers = (
            current_app.control.inspect(timeout=timeout, connection=connection).active_queues()
            or {}
        )
    return {worker: [queue["name"] for queue in heard] for worker, heard in answers.items()}


def listeners(heard: dict[str, list[str]]) -> dict[str, list[str]]:
    """`workers()` turned around: who listens on each of our queues."""
    return {
        name: sorted(worker for worker in heard if name in heard[worker])
        for name in settings.QUEUES
    }
