"""Graceful stop of a worker: what runs may end by itself for STOP_SECONDS, the rest is handed over.

It begins at a TERM, at `control shutdown` and at every other warm stop. Under prefork the leases
are in the children, so the parent asks each of them by a signal.
"""

import contextlib
import logging
import os
import signal
import threading
import time
from typing import Any

from celery import bootsteps
from celery.signals import worker_init, worker_process_init, worker_shutting_down
from django.conf import settings
from django.db import Error, connection

from roadmaps.engine import leases

logger = logging.getLogger(__name__)

HAND_OVER = signal.SIGUSR2  # to a child; TERM is Celery's, which ends a child within its task
REPEAT_SECONDS = 1  # what began while it was handed over, or when PostgreSQL was away
_begun = threading.Event()
_worker: Any = None  # of this process; the signal of a TERM names only its host


class GracefulStop(bootsteps.StartStopStep):
    """The step of a worker that is told of every warm stop, before Celery waits for what runs."""

    requires = ("celery.worker.components:Pool",)

    def close(self, parent: Any) -> None:
        begin()


@worker_init.connect
def prepare(sender: Any, **_: Any) -> None:
    global _worker
    _worker = sender
    sender.app.steps["worker"].add(GracefulStop)
    if "prefork" in str(sender.pool_cls):
        signal.signal(HAND_OVER, signal.SIG_IGN)  # inherited: a child that still starts survives it


@worker_process_init.connect
def listen_to_parent(**_: Any) -> None:
    """Hand-over in a thread: the signal interrupts a task that may be using the connection."""
    signal.signal(HAND_OVER, lambda *_: threading.Thread(target=hand_over, daemon=True).start())


@worker_shutting_down.connect
def begin(**_: Any) -> None:
    if not _begun.is_set():
        _begun.set()
        # A daemon: a worker that is done earlier ends earlier.
        threading.Thread(target=hand_over_later, name="cairn-stop", daemon=True).start()


def hand_over_later() -> None:
    time.sleep(settings.STOP_SECONDS)
    while True:
        hand_over()
        pool = getattr(_worker.pool, "_pool", None)  # other pools than prefork have no children
        children = list(pool._pool) if pool else []
        for child in children:
            if child.is_alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, HAND_OVER)
        time.sleep(REPEAT_SECONDS)


def hand_over() -> None:
    try:
        leases.hand_over()
    except Error as exc:
        logger.warning("not handed over, so the leases run out by themselves: %s", exc)
    finally:
        connection.close()
