"""Deadlines for starts and stops of the embedded servers."""

import time
from collections.abc import Callable

START_DEADLINE_SECONDS = 120  # a recovery after a kill takes its time
STOP_DEADLINE_SECONDS = 120  # a last checkpoint on a busy disk takes its time


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for the condition; False when the time is over before."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
