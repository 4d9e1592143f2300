"""Bounds of a worker's tasks and memory, after which it hands over and ends.

Whoever started it starts it again. `--max-tasks-per-child` and `--max-memory-per-child` replace
children of prefork. In the threads and solo pools tasks share the worker's process, so the whole
worker goes, as after a TERM.
"""

import itertools
import logging
import os
import signal
from typing import Any

import psutil
from celery.signals import task_postrun, worker_init
from django.conf import settings

logger = logging.getLogger(__name__)

MB = 2**20
_process = psutil.Process()
_ended_tasks = itertools.count(1)


@worker_init.connect
def watch(sender: Any, **_: Any) -> None:
    bounded = settings.WORKER_MAX_TASKS or settings.WORKER_MAX_MEMORY_MB
    if bounded and "prefork" not in str(sender.pool_cls):
        task_postrun.connect(stop_beyond_bounds)


def stop_beyond_bounds(**_: Any) -> None:
    """Look after each task; heartbeats of the queues come often enough."""
    tasks = next(_ended_tasks)
    memory = _process.memory_info().rss // MB

    if tasks == settings.WORKER_MAX_TASKS:
        logger.warning("this worker hands over and ends after %d tasks (WORKER_MAX_TASKS)", tasks)
    elif settings.WORKER_MAX_MEMORY_MB and memory > settings.WORKER_MAX_MEMORY_MB:
        logger.warning("this worker hands over and ends at %d MB (WORKER_MAX_MEMORY_MB)", memory)
    else:
        return

    task_postrun.disconnect(stop_beyond_bounds)
    os.kill(os.getpid(), signal.SIGTERM)
