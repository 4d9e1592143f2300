"""Checks of queues, workers and beat, and of what could not be logged."""

import time

import redis
from django.db import Error, connection

from logs_app import stream
from logs_app.buffer import BROKER_AWAY
from roadmaps.engine import beat_lock
from roadmaps.operations import heartbeats, queues
from roadmaps.operations import schedules as beat_schedules
from roadmaps.operations.health.finding import FAIL, OK, WARN, Finding, fail, first_line, ok, warn

SILENT_SECONDS = 60  # without a heartbeat
# Of manage.py worker.
WORKERS = {"roadmap_workflow": "workflow", "content_generation": "content", "logs": "logs"}
BEATS_WITHIN = 60  # seconds in which the heartbeats sent are counted; one beat sends 6 per queue
BEATS_MAX = 9
ASKED_IN_VAIN = "nobody can be asked which queues they listen on: {}"


def listeners() -> list[Finding]:
    """Of each queue: who listens, what waits, and whether somebody really takes its messages."""
    try:
        listening = queues.listeners(queues.workers())
        waiting, oldest, beats = queues.depths(), queues.oldest_seconds(), heartbeats.read()
    except BROKER_AWAY as exc:
        return fail(ASKED_IN_VAIN.format(first_line(exc)))
    return [
        _queue(name, workers, waiting[name], oldest[name], beats.get(name))
        for name, workers in listening.items()
    ]


def _queue(
    name: str,
    workers: list[str],
    waiting: int,
    age: float | None,
    last: heartbeats.Heartbeat | None,
) -> Finding:
    oldest = f", the oldest for {age:.0f} s" if age is not None else ""
    depth = f"{waiting} waiting{oldest}"
    if not workers:
        return Finding(
            FAIL, f"nobody listens on {name}, {depth}", f"start manage.py worker {WORKERS[name]}"
        )
    listen = "listens" if len(workers) == 1 else "listen"
    who = f"queue {name}: {len(workers)} {listen}, {depth}"
    since = "no heartbeat yet"
    if last:
        silent = time.time() - last.at
        if silent < SILENT_SECONDS:
            return Finding(OK, f"{who}, the last heartbeat {silent:.0f} s ago")
        since = f"no heartbeat for {silent:.0f} s"
    remedy = (
        "see that beat runs; then its workers are full or hang:"
        " start another, or raise --concurrency"
    )
    return Finding(WARN, f"{who}, {since}", remedy)


def beat() -> list[Finding]:
    """By the lock that it holds, and by the heartbeats that it sends."""
    lock_of_beat = """
        SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND granted
            AND datname = current_database()
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(lock_of_beat, [beat_lock.LOCK])
            running = cursor.fetchone() is not None
    except Error:
        return fail("whether beat runs is unknown while PostgreSQL does not answer")
    if not running:
        return fail("no beat runs, so nothing is recovered", "start manage.py beat")
    try:
        sent = heartbeats.sent_within(BEATS_WITHIN)
    except redis.RedisError:
        return ok("beat runs")
    if sent > BEATS_MAX:
        return fail(
            "more than one beat sends to these queues",
            "find who else runs beat on this REDIS_URL, and stop it",
        )
    return ok("beat runs, and only one")


def schedules() -> list[Finding]:
    """Whether beat sends what the settings tell it to: a schedule may be switched off or deleted
    in the admin.
    """
    try:
        enabled = dict(beat_schedules.owned().values_list("name", "enabled"))
    except Error:
        return fail("the schedules are unknown while PostgreSQL does not answer")
    if not enabled:
        return warn("beat has not written its schedules yet", "start manage.py beat")

    findings = []
    for name in sorted(beat_schedules.owned_names()):
        if name not in enabled:
            findings += warn(
                f"the schedule “{name}” is missing", "restart manage.py beat, which writes it again"
            )
        elif not enabled[name]:
            remedy = "if that was not meant, switch it on under Schedules in the admin"
            findings += warn(
                f"the schedule “{name}” is switched off, so its task is not sent", remedy
            )
    return findings or ok("every schedule of the settings is switched on")


def refused_logs() -> list[Finding]:
    try:
        count = stream.refused()
    except redis.RedisError:
        return warn(
            "whether log lines were refused is unknown while Redis does not answer", "see above"
        )
    if count:
        remedy = f"look with redis-cli XRANGE {stream.REFUSED} - + COUNT 5, then DEL it"
        return warn(f"{count} events of the execution log could not be written", remedy)
    return ok("no event of the execution log was refused")
