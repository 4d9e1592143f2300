"""Refusal of characters that no text has: PostgreSQL refuses NUL, and every page would answer 500.

Scanners send them all day, and no person does. They are answered before any page looks at them: an
address isn't found, a field gets a sentence, and a cookie counts as not sent.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

IMPOSSIBLE = re.compile("[\x00\ud800-\udfff]")


def is_possible(text: str) -> bool:
    """True for text that PostgreSQL takes: without NUL and halves of surrogate pairs."""
    return IMPOSSIBLE.search(text) is None


def possible_cookies(cookies: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in cookies.items() if is_possible(name + value)}


class PossibleTextMiddleware:
    """Middleware that refuses impossible text in addresses, cookies, parameters and fields."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if not is_possible(request.path_info):
            raise Http404
        request.COOKIES = possible_cookies(request.COOKIES)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Refuse parameters and fields, here where the person's language is known."""
        if all(is_possible(text) for text in texts_of(request)):
            return None
        return render(request, "impossible_text.html", status=400)


def texts_of(request: HttpRequest) -> Iterable[str]:
    """Names and values of all parameters and fields, and the names of files."""
    for parameters in (request.GET, request.POST):
        for name, values in parameters.lists():
            yield from (name, *map(str, values))
    for name, files in request.FILES.lists():
        yield from (name, *map(str, files))  # a file is its name


def without_impossible_cookies(application: Callable[..., Awaitable[None]]) -> Any:
    """An ASGI application for sockets without such cookies, behind Channels' CookieMiddleware."""

    async def checking(scope: dict[str, Any], receive: Any, send: Any) -> None:
        cookies = possible_cookies(scope["cookies"])
        await application({**scope, "cookies": cookies}, receive, send)

    return checking
