"""Heartbeats: a tiny task per queue, whose end proves that somebody takes that queue's messages."""

import time
from dataclasses import dataclass
from typing import Any

import orjson
from celery import current_app
from django.conf import settings

from logs_app import redis_clients

KEY = "cairn:heartbeats"  # a hash: queue → JSON of the last one
SENT_KEEP = 20
PROBE = "probe"  # a header of those that no beat has sent


@dataclass(frozen=True)
class Heartbeat:
    at: float  # Unix time, of the worker
    worker: str
    waited: float  # seconds between beat and worker


def probe(seconds: float) -> None:
    """Send a heartbeat to each queue, and wait until all are taken or `seconds` have passed."""
    started = time.time()
    options = {"expires": seconds, "ignore_result": True, "headers": {PROBE: True}}
    for queue in settings.QUEUES:
        current_app.send_task("maintenance.heartbeat", args=[queue], queue=queue, **options)
    while time.time() < started + seconds:
        taken = [beat for beat in read().values() if beat.at >= started]
        if len(taken) == len(settings.QUEUES):
            return
        time.sleep(0.1)


def record(queue: str, worker: str, sent_at: float, *, by_beat: bool = True) -> None:
    now = time.time()
    heartbeat = orjson.dumps({"at": now, "worker": worker, "waited": max(0.0, now - sent_at)})
    with redis_clients.client() as client, client.pipeline() as pipe:
        pipe.hset(KEY, queue, heartbeat.decode())
        if by_beat:
            pipe.lpush(_sent(queue), sent_at)
            pipe.ltrim(_sent(queue), 0, SENT_KEEP - 1)
        pipe.execute()


def read() -> dict[str, Heartbeat]:
    """The last heartbeat of each queue that had any. Raises RedisError."""
    with redis_clients.client() as client:
        latest: Any = client.hgetall(KEY)
    return {queue.decode(): Heartbeat(**orjson.loads(text)) for queue, text in latest.items()}


def sent_within(seconds: float) -> int:
    """The number of heartbeats that beat has sent to the busiest queue. Raises RedisError."""
    since = time.time() - seconds
    with redis_clients.client() as client, client.pipeline() as pipe:
        for queue in settings.QUEUES:
            pipe.lrange(_sent(queue), 0, -1)
        lists: Any = pipe.execute()
    most = 0
    for times in lists:
        count = sum(float(sent_at) > since for sent_at in times)
        most = max(most, count)
    return most


def _sent(queue: str) -> str:
    return f"{KEY}:{queue}"
