"""Metrics of each process: its tasks, its database connections, its open sockets."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from celery.signals import (
    beat_init,
    before_task_publish,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
)
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from roadmaps import telemetry
from roadmaps.operations import connection_budget

UNFINISHED = ("refused", "stopped")  # what a run's task returns when another one has the run
_started: dict[str, float] = {}
_sockets = 0
# Looked at here: asking a connection for its pool would make one.
_pools: dict[str, Any] = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]


@before_task_publish.connect
def note_when(headers: dict[str, Any], **_: Any) -> None:
    """Time of sending, in the message's headers: a queue's age is counted from it."""
    headers.setdefault("sent_at", time.time())


@task_prerun.connect
def begin(task_id: str, **_: Any) -> None:
    _started[task_id] = time.monotonic()


@task_postrun.connect
def end(task_id: str, task: Any, state: str = "", retval: object = None, **_: Any) -> None:
    outcome = (state or "unknown").lower()
    if retval in UNFINISHED:
        outcome = str(retval)
    telemetry.count("cairn_tasks_total", task=task.name, outcome=outcome)
    if (started := _started.pop(task_id, None)) is not None:
        telemetry.observe("cairn_task_seconds", time.monotonic() - started, task=task.name)


@worker_init.connect
def announce_worker(sender: Any, **_: Any) -> None:
    if "prefork" not in str(sender.pool_cls):  # there each child is a process of its own
        telemetry.announce("worker", connections)


@worker_process_init.connect
def announce_child(**_: Any) -> None:
    telemetry.announce("worker", connections)


@worker_process_shutdown.connect
def take_leave(**_: Any) -> None:
    """Goodbye of a child of prefork, which ends without Python's exit functions."""
    telemetry.leave()


@beat_init.connect
def announce_beat(**_: Any) -> None:
    telemetry.announce("beat", connections)


def announce_web() -> None:
    telemetry.announce("web", connections, sockets)


def connections() -> telemetry.Gauges:
    """Connections of Django's pool: open, of these in use, and the threads that wait for one; and
    the most that this process may open in all.
    """
    allowed = connection_budget.of_process()
    pool = _pools.get(connection.alias)
    if pool is None:
        return {"allowed": allowed, "open": 0, "in_use": 0, "waiting": 0}
    stats = pool.get_stats()
    opened = stats.get("pool_size", 0)
    in_use = opened - stats.get("pool_available", 0)
    return {
        "allowed": allowed,
        "open": opened,
        "in_use": in_use,
        "waiting": stats.get("requests_waiting", 0),
    }


def sockets() -> telemetry.Gauges:
    return {"sockets": _sockets}


def counted(application: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """An ASGI application whose open connections are counted."""

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        global _sockets
        _sockets += 1  # one loop, one thread
        try:
            await application(scope, receive, send)
        finally:
            _sockets -= 1

    return counting
