"""Checks of PostgreSQL and Redis: their answers, limits, memory and clocks."""

import time
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from logs_app import redis_clients
from roadmaps.engine import checkpointer
from roadmaps.operations import connection_budget
from roadmaps.operations.health.finding import Finding, fail, first_line, ok, warn

OLDEST_POSTGRESQL = 14  # that Django 5.2 supports
SKEW_WARN_SECONDS = 1.0
SKEW_FAIL_SECONDS = 5.0
MEMORY_WARN = 0.8  # of Redis' maxmemory


def database() -> list[Finding]:
    """PostgreSQL's answer and version, asked beside the pool, which tries for longer."""
    try:
        with psycopg.connect(**checkpointer.connection_arguments()) as service:
            version = service.info.server_version // 10_000
    except psycopg.Error as exc:
        return fail(f"PostgreSQL (DATABASE_URL) does not answer: {first_line(exc)}")
    if version < OLDEST_POSTGRESQL:
        return fail(
            f"PostgreSQL {version} is too old", f"upgrade it to {OLDEST_POSTGRESQL} or newer"
        )
    return ok(f"PostgreSQL {version} (DATABASE_URL) answers")


def migrations() -> list[Finding]:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as exc:
        return fail(
            f"the migrations are unknown while PostgreSQL does not answer: {first_line(exc)}"
        )
    if waiting:
        return fail(f"{len(waiting)} migrations wait", "run manage.py migrate")
    return ok("every migration is applied")


def connections() -> list[Finding]:
    """The most that all processes may open, against what PostgreSQL allows."""
    try:
        allowed = connection_budget.allowed()
    except Error:
        return fail("max_connections is unknown while PostgreSQL does not answer")
    living = connection_budget.processes()
    most = connection_budget.taken(living) or 2 * connection_budget.of_process()
    who = "a web and a worker process"
    if living:
        who = f"{len(living)} processes"
    text = f"{who} may take {most} connections, PostgreSQL allows {allowed}"
    if most <= allowed or settings.DATABASE_TRANSACTION_POOLER:
        return ok(text)

    remedy = (
        "lower DATABASE_POOL_SIZE, raise max_connections, or put PgBouncer between"
        " (DATABASE_TRANSACTION_POOLER=1)"
    )
    if most < 2 * allowed:
        return warn(text, remedy)
    return fail(text, remedy)


def broker() -> list[Finding]:
    try:
        with redis_clients.client() as client:
            info: Any = client.info()
    except (redis.ResponseError, redis.AuthenticationError) as exc:
        return fail(f"Redis (REDIS_URL) answers with an error: {first_line(exc)}")
    except redis.RedisError as exc:
        return fail(f"Redis (REDIS_URL) does not answer: {first_line(exc)}")
    answers = ok(f"Redis {info['redis_version']} (REDIS_URL) answers")
    return [*answers, *memory(info), *persistence(info), *visibility()]


def memory(info: dict[str, Any]) -> list[Finding]:
    """Memory that Redis uses of what it may, and what it does when it is full."""
    policy = info.get("maxmemory_policy", "noeviction")
    used = info["used_memory"]
    most = info.get("maxmemory", 0)
    if policy != "noeviction":
        return fail(
            f"Redis may throw messages away when it is full (maxmemory-policy {policy})",
            "set maxmemory-policy noeviction",
        )
    share = f"{used / 2**20:.0f} MB"
    if most:
        share += f" of {most / 2**20:.0f} MB"
    if most and used > MEMORY_WARN * most:
        return warn(f"Redis is nearly full: {share}", "raise maxmemory, or see which queue grows")
    return ok(f"Redis uses {share} and throws nothing away")


def persistence(info: dict[str, Any]) -> list[Finding]:
    if info.get("aof_last_write_status", "ok") != "ok":
        return fail(
            "Redis can't write its file and refuses what would change it",
            "see whether its disk is full; it goes on by itself when there is room",
        )
    if info.get("aof_enabled"):
        return ok("Redis keeps what it holds over a restart")
    return warn(
        "Redis holds everything in memory only:"
        " a restart loses log lines that wait, and messages until recover",
        "set appendonly yes",
    )


def visibility() -> list[Finding]:
    """Time after which Redis' messages are delivered again, to whoever else listens."""
    again: Any = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    if again > settings.RUN_TIMEOUT_SECONDS:
        return ok(
            f"no message is delivered again before its run has ended (after {again // 3600} hours)"
        )
    return fail(
        f"a message is delivered again after {again} s,"
        f" and a run may take {settings.RUN_TIMEOUT_SECONDS} s",
        "lower RUN_TIMEOUT_SECONDS",
    )


def clocks() -> list[Finding]:
    """Clocks of the services against this host's: leases are by PostgreSQL's clock, log lines and
    heartbeats by each host's.
    """
    try:
        skews = {"PostgreSQL": _skew(database_time), "Redis": _skew(redis_time)}
    except (Error, redis.RedisError):
        return warn("the clocks can't be compared while a service does not answer", "see above")
    name, skew = max(skews.items(), key=lambda clock: abs(clock[1]))
    seconds = abs(skew)
    if seconds < SKEW_WARN_SECONDS:
        within = max(seconds, 0.01)
        return ok(f"the clocks of this host, PostgreSQL and Redis agree within {within:.2f} s")
    where = "ahead of" if skew > 0 else "behind"
    text = f"the clock of {name} is {seconds:.1f} s {where} this host's"
    remedy = "synchronise the clocks (chrony or systemd-timesyncd)"
    if seconds < SKEW_FAIL_SECONDS:
        return warn(text, remedy)
    return fail(text, remedy)


def _skew(read: Any) -> float:
    """Seconds that the other clock is certainly ahead: it was read at some moment between two
    looks at ours.
    """
    earliest = time.time()
    there: float = read()
    latest = time.time()
    return max(there - latest, 0.0) or min(there - earliest, 0.0)


def database_time() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])


def redis_time() -> float:
    with redis_clients.client() as client:
        seconds, microseconds = client.time()
    return float(seconds) + float(microseconds) / 1e6
