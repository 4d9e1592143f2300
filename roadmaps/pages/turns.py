"""Turns of the threads of one process, for what only a few may do at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

RETRY_AFTER_SECONDS = 5


class NoTurn(Exception):
    """No turn came in time, or too many wait already."""


class Turns:
    """So many at once, so many that wait, and so many seconds of a wait, by the settings named.

    Who waits holds no connection of the pool.
    """

    def __init__(self, at_once: str, waiting: str, seconds: str) -> None:
        self._at_once, self._most_waiting, self._seconds = at_once, waiting, seconds
        self._changed = threading.Condition()
        self.running = self.waiting = 0

    @property
    def are_taken(self) -> bool:
        """True when nobody else may even wait."""
        return bool(not self._is_free() and self.waiting >= getattr(settings, self._most_waiting))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Raises NoTurn."""
        if not self._is_free() and not connection.in_atomic_block:
            connection.close()
        with self._changed:
            if not self._is_free():
                self._wait()
            self.running += 1
        try:
            yield
        finally:
            with self._changed:
                self.running -= 1
                self._changed.notify()

    def _is_free(self) -> bool:
        return bool(self.running < getattr(settings, self._at_once))

    def _wait(self) -> None:
        if self.waiting >= getattr(settings, self._most_waiting):
            raise NoTurn
        self.waiting += 1
        try:
            if not self._changed.wait_for(self._is_free, getattr(settings, self._seconds)):
                raise NoTurn
        finally:
            self.waiting -= 1
