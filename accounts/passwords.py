"""Hashes of passwords, of which one process makes only a few at a time.

A hash takes a core for a third of a second, so without a bound a hundred wrong sign-ins would keep
everybody else waiting. Who waits for a turn holds no connection of the pool, and the threads that
hash give way to all others: a page is served first.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from roadmaps.pages.turns import RETRY_AFTER_SECONDS, NoTurn, Turns

NICENESS = 10  # of the threads that hash
WITH_PASSWORD = ("account_login", "account_signup")  # pages of strangers


turns = Turns("HASHES_AT_ONCE", "HASHES_WAITING", "HASH_WAIT_SECONDS")


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
    """Django's usual hasher in its usual format. Raises NoTurn."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with turns.turn():
            return hashing().submit(super().encode, password, salt, iterations).result()


class PasswordsMiddleware:
    """503 for a request whose password got no turn: it can be sent again in a moment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """What is sure to be refused is not looked at: that would cost the others as much."""
        match = request.resolver_match
        brings_password = request.method == "POST" and match and match.view_name in WITH_PASSWORD
        return _busy(request) if brings_password and turns.are_taken else None

    def process_exception(self, request: HttpRequest, exception: Any) -> HttpResponse | None:
        return _busy(request) if isinstance(exception, NoTurn) else None


def _busy(request: HttpRequest) -> HttpResponse:
    page = render_to_string("accounts/busy.html", request=request)
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return HttpResponse(page, status=503, headers=retry)
