"""Budget of connections to PostgreSQL: what all processes may open, against `max_connections`."""

import socket
from typing import Any

import psutil
import redis
from django.conf import settings
from django.db import connection

from roadmaps import telemetry

# What a role without special rights may open, and what is open in other databases of this server.
LIMITS = """
SELECT
    current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int,
    (SELECT count(*) FROM pg_stat_activity WHERE datname <> current_database())
"""
BEAT = {"DATABASE_POOL_SIZE": 2, "CHECKPOINT_POOL_SIZE": 1}  # it only reads its schedule
LEAST = {"DATABASE_POOL_SIZE": 2, "CHECKPOINT_POOL_SIZE": 1}


def of_process(django: int | None = None, checkpoints: int | None = None) -> int:
    """The most that one process opens: two pools, and one for its leases or for beat's lock."""
    if django is None:
        django = settings.DATABASE_POOL_SIZE
    if checkpoints is None:
        checkpoints = settings.CHECKPOINT_POOL_SIZE
    return django + checkpoints + 1


def allowed() -> int:
    """Connections that PostgreSQL leaves to Cairn. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(LIMITS)
        limit, elsewhere = cursor.fetchone()
    return int(limit) - int(elsewhere)


def processes() -> list[dict[str, Any]]:
    """Last report of each living process of this installation; nothing while Redis is away."""
    try:
        reports = telemetry.processes()
    except redis.RedisError:
        return []

    living = []
    for name, report in reports.items():
        host, _, pid = name.rpartition(":")
        # A process of this machine may have been killed, and is not forgotten yet.
        if host != socket.gethostname() or psutil.pid_exists(int(pid)):
            living.append(report)
    return living


def taken(living: list[dict[str, Any]]) -> int:
    return sum(int(process.get("allowed", of_process())) for process in living)


def pool_sizes(free: int) -> dict[str, int]:
    """Pool sizes of a web and a worker beside one beat, which take at most half of what is free.

    So a second set of three fits too, also one that starts at the same moment.

    Raises ValueError when there is too little for the least that works.
    """
    each = (free // 2 - of_process(*BEAT.values())) // 2
    if each >= of_process():
        return {name: getattr(settings, name) for name in LEAST}
    least = of_process(*LEAST.values())
    if free < 2 * least + of_process(*BEAT.values()):
        raise ValueError(free)
    spare = max(each, least) - 1  # but for the one beside the pools
    checkpoints = max(1, spare * settings.CHECKPOINT_POOL_SIZE // (of_process() - 1))
    return {"DATABASE_POOL_SIZE": spare - checkpoints, "CHECKPOINT_POOL_SIZE": checkpoints}
