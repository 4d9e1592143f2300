"""Telemetry of all processes: counts and gauges, added up in Redis every few seconds.

Any web process can tell of all. Counting costs a dictionary; without Redis the counts wait in the
process. A Redis that was emptied begins at nothing, which Prometheus takes for a restart.
"""

import atexit
import os
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import orjson
import redis

from logs_app import redis_clients

COUNTS = "cairn:counts"  # a hash: series → number
PROCESSES = "cairn:processes"  # a hash: host:process id → JSON of what it holds
TELL_SECONDS = 5
GONE_SECONDS = 30  # a process silent for so long is no more
BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)  # seconds, of what is timed

Series = tuple[str, tuple[tuple[str, str], ...]]
Gauges = dict[str, float]

_lock = threading.Lock()
sending_lock = threading.Lock()
unsent_counts: defaultdict[Series, float] = defaultdict(float)
gauge_readers: list[Callable[[], Gauges]] = []
_told_by = 0  # the process id whose thread tells: a forked child starts its own
process_kind = "command"


def count(name: str, amount: float = 1, /, **labels: str) -> None:
    series = (name, tuple(sorted(labels.items())))
    with _lock:
        unsent_counts[series] += amount
    _start()


def observe(name: str, seconds: float, /, **labels: str) -> None:
    """A histogram, as Prometheus reads one: each bucket has what is at most its bound."""
    for bound in BUCKETS:
        if seconds <= bound:
            count(f"{name}_bucket", 1, le=str(bound), **labels)
    count(f"{name}_sum", seconds, **labels)
    count(f"{name}_count", 1, **labels)


def announce(kind: str, *gauges: Callable[[], Gauges]) -> None:
    """This process is one of `kind`; what it holds is read from `gauges` each time it tells."""
    global process_kind
    process_kind = kind
    gauge_readers[:] = gauges
    _start()


def _start() -> None:
    global _told_by
    if os.getpid() == _told_by:
        return
    with _lock:
        if os.getpid() == _told_by:
            return
        _told_by = os.getpid()
    threading.Thread(target=_tell_for_ever, name="cairn-telemetry", daemon=True).start()


def _tell_for_ever() -> None:
    while True:
        tell()
        time.sleep(TELL_SECONDS)


def tell() -> None:
    """Hand over what was counted since the last time; never raises for a Redis that is away."""
    with (
        sending_lock
    ):  # who asks for totals next finds all of it, not what another thread has on its way
        _tell()


def _tell() -> None:
    with _lock:
        counted = dict(unsent_counts)
        unsent_counts.clear()
    try:
        with redis_clients.client() as client, client.pipeline(transaction=True) as pipe:
            for series, amount in counted.items():
                pipe.hincrbyfloat(COUNTS, orjson.dumps(series).decode(), amount)
            if gauge_readers:
                pipe.hset(PROCESSES, process_name(), orjson.dumps(_held()).decode())
            pipe.execute()
    except redis.RedisError:
        with _lock:
            for series, amount in counted.items():
                unsent_counts[series] += amount


def _held() -> dict[str, Any]:
    held: dict[str, Any] = {"kind": process_kind, "at": time.time()}
    for read in gauge_readers:
        held |= read()
    return held


def process_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _begin_anew() -> None:
    """In a forked child: what its parent has counted is its parent's to tell."""
    global _lock, sending_lock
    _lock, sending_lock = threading.Lock(), threading.Lock()
    unsent_counts.clear()


os.register_at_fork(after_in_child=_begin_anew)


@atexit.register
def leave() -> None:
    if _told_by != os.getpid():
        return
    tell()
    if gauge_readers:
        try:
            with redis_clients.client() as client:
                client.hdel(PROCESSES, process_name())
        except redis.RedisError:
            return  # it is forgotten after GONE_SECONDS


def totals() -> dict[Series, float]:
    """What all processes have counted. Raises RedisError."""
    with redis_clients.client() as client:
        counted: Any = client.hgetall(COUNTS)
    return {_series(name): float(amount) for name, amount in counted.items()}


def _series(name: bytes) -> Series:
    metric, labels = orjson.loads(name)
    return metric, tuple((key, value) for key, value in labels)


def processes() -> dict[str, dict[str, Any]]:
    """What each living process holds, by its name; those that are gone are forgotten.

    Raises RedisError.
    """
    with redis_clients.client() as client:
        told: Any = client.hgetall(PROCESSES)
        held = {name.decode(): orjson.loads(value) for name, value in told.items()}
        gone = [name for name, one in held.items() if time.time() - one["at"] > GONE_SECONDS]
        if gone:
            client.hdel(PROCESSES, *gone)
    return {name: one for name, one in held.items() if name not in gone}
