"""Checks of queues, workers and beat, and of what could not be logged."""

import time

import redis
from django.db import Error, connection

from logs_app import stream
from logs_app.buffer import BROKER_AWAY
from roadmaps.engine import beat_lock
from roadmaps.operations import heartbeats, queues
from roadmaps.operations import schedules as beat_schedules
from roadmaps.operations.health.finding import Finding, fail, first_line, ok, warn

SILENT_SECONDS = 60  # without a heartbeat
# Of manage.py worker.
WORKERS = {"roadmap_workflow": "workflow", "content_generation": "content", "logs": "logs"}
BEATS_WITHIN = 60  # seconds in which the heartbeats sent are counted; one beat sends 6 per queue
BEATS_MAX = 9
ASKED_IN_VAIN = "nobody can be asked which queues they listen on: {}"


def listeners() -> list[Finding]:
    """Listeners of each queue, its depth, and its heartbeat: that somebody takes its messages."""
    try:
        listening = queues.listeners(queues.workers())
        depths = queues.depths()
        ages = queues.oldest_seconds()
        beats = heartbeats.read()
    except BROKER_AWAY as exc:
        return fail(ASKED_IN_VAIN.format(first_line(exc)))

    findings: list[Finding] = []
    for name, workers in listening.items():
        waiting = f"{depths[name]} waiting"
        age = ages[name]
        if age is not None:
            waiting += f", the oldest for {age:.0f} s"
        if not workers:
            remedy = f"start manage.py worker {WORKERS[name]}"
            findings += fail(f"nobody listens on {name}, {waiting}", remedy)
            continue

        listen = "listens" if len(workers) == 1 else "listen"
        state = f"queue {name}: {len(workers)} {listen}, {waiting}"
        silence = "no heartbeat yet"
        if name in beats:
            seconds = time.time() - beats[name].at
            if seconds < SILENT_SECONDS:
                findings += ok(f"{state}, the last heartbeat {seconds:.0f} s ago")
                continue
            silence = f"no heartbeat for {seconds:.0f} s"
        remedy = (
            "see that beat runs; then its workers are full or hang:"
            " start another, or raise --concurrency"
        )
        findings += warn(f"{state}, {silence}", remedy)
    return findings


def beat() -> list[Finding]:
    """Beat, known by the lock that it holds and by the heartbeats that it sends."""
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
        count = heartbeats.sent_within(BEATS_WITHIN)
    except redis.RedisError:
        return ok("beat runs")
    if count > BEATS_MAX:
        return fail(
            "more than one beat sends to these queues",
            "find who else runs beat on this REDIS_URL, and stop it",
        )
    return ok("beat runs, and only one")


def schedules() -> list[Finding]:
    """Schedules of the settings: one may have been switched off or deleted in the admin."""
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
