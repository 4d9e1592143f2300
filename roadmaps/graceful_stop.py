"""A worker that is told to stop: what runs may end by itself for STOP_SECONDS, the rest is handed over."""

import logging
import threading
from typing import Any

from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import Error, connection

from roadmaps import leases

logger = logging.getLogger(__name__)


@worker_shutting_down.connect
def begin(**_: Any) -> None:
    timer = threading.Timer(settings.STOP_SECONDS, hand_over)
    timer.daemon = True  # a worker that is done earlier ends earlier
    timer.start()


def hand_over() -> None:
    try:
        leases.hand_over()
    except Error as exc:
        logger.warning("not handed over, so the leases run out by themselves: %s", exc)
    finally:
        connection.close()
