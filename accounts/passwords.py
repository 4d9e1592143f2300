"""Hashes of passwords, of which one process makes only a few at a time.

A hash takes a core for a third of a second, so without a bound a hundred wrong sign-ins would keep
everybody else waiting. Who waits for a turn holds no connection of the pool, and the threads that
hash give way to all others: a page is served first.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER_SECONDS = 5
NICENESS = 10  # of the threads that hash


class TooManyPasswords(Exception):
    """No turn came in time, or too many wait already."""


class Turns:
    """Turns of the threads of one process, by HASHES_AT_ONCE."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.running = self.waiting = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Raises TooManyPasswords."""
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
        return self.running < settings.HASHES_AT_ONCE

    def _wait(self) -> None:
        if self.waiting >= settings.HASHES_WAITING:
            raise TooManyPasswords
        self.waiting += 1
        try:
            if not self._changed.wait_for(self._is_free, settings.HASH_WAIT_SECONDS):
                raise TooManyPasswords
        finally:
            self.waiting -= 1


turns = Turns()


@cache
def hashing() -> ThreadPoolExecutor:
    """The threads that hash; made at the first hash, so behind any fork."""
    size = settings.HASHES_AT_ONCE
    return ThreadPoolExecutor(size, thread_name_prefix="passwords", initializer=_give_way)


def _give_way() -> None:
    """On Linux the niceness is a thread's own, and its native id names it."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class BoundedHasher(PBKDF2PasswordHasher):
    """Django's usual hasher in its usual format. Raises TooManyPasswords."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with turns.turn():
            return hashing().submit(super().encode, password, salt, iterations).result()


class PasswordsMiddleware:
    """503 for a request whose password got no turn: it can be sent again in a moment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Any) -> HttpResponse | None:
        if not isinstance(exception, TooManyPasswords):
            return None
        page = render_to_string("accounts/busy.html", request=request)
        retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return HttpResponse(page, status=503, headers=retry)
