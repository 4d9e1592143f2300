"""Lock of beat: one per database, held in PostgreSQL, however beat was started.

Two beats would send everything twice.
"""

import logging
import os
import signal
import sys
import threading
import time
from typing import Any

import psycopg
from celery.signals import beat_init

from roadmaps.engine import checkpointer

logger = logging.getLogger(__name__)

LOCK = 0x_CA1_28  # any number that nothing else in this database locks
LOOK_SECONDS = 5
# The lock lives as long as this connection, so it ends with the process.
lock_connection: "psycopg.Connection[Any] | None" = None


def wait() -> None:
    """Until this process holds the lock, and no other beat; a TERM or Ctrl-C ends it meanwhile."""
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    if _tried():
        return
    logger.info("another beat runs for this database; this one waits for its end")
    while not _tried():
        time.sleep(LOOK_SECONDS)


def _tried() -> bool:
    try:
        return acquire()
    except psycopg.Error as exc:
        logger.info("whether another beat runs is unknown while PostgreSQL is away: %s", exc)
        return False


@beat_init.connect
def hold(**_: Any) -> None:
    try:
        alone = lock_connection is not None or acquire()
    except psycopg.Error as exc:
        sys.exit(
            f"PostgreSQL (DATABASE_URL) does not answer, so this may not be the only beat: {exc}"
        )
    if not alone:
        sys.exit("Another beat is running for this database; one is enough.")
    threading.Thread(target=_keep, name="cairn-one-beat", daemon=True).start()


def acquire() -> bool:
    """Raises psycopg.Error when PostgreSQL doesn't answer."""
    global lock_connection
    connection = psycopg.connect(**checkpointer.connection_arguments())
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS locked", [LOCK]).fetchone()
    if not (row and row["locked"]):
        connection.close()
        return False
    lock_connection = connection
    return True


def _keep() -> None:
    """A PostgreSQL that restarts takes the lock away: it is taken again, or this beat ends."""
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            check_lock()
        except psycopg.Error as exc:
            logger.warning("beat's lock is not sure while PostgreSQL does not answer: %s", exc)


def check_lock() -> None:
    assert lock_connection is not None
    try:
        lock_connection.execute("SELECT 1")
    except psycopg.Error:
        lock_connection.close()
        if not acquire():
            logger.warning("another beat has taken the lock meanwhile; this one ends")
            os.kill(os.getpid(), signal.SIGTERM)
