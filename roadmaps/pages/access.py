"""Rate limits of views: all pages, and those that cost a model call, a worker or memory."""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from roadmaps.pages import rates
from roadmaps.pages.turns import RETRY_AFTER_SECONDS, NoTurn, Turns

View = TypeVar("View", bound=Callable[..., Any])
# Of an address: the gallery and lists of the admin, its own search, its autocompletion.
SEARCH_FIELDS = ("q", "s", "term")


def paced(action: str, *methods: str) -> Callable[[View], View]:
    """Answer 429 beyond the rate that PACED has for `action`; only these methods count.

    HEAD counts as GET. The view's `paced` tells its actions, each with its methods.
    """
    counted_methods = {*methods, *(["HEAD"] if "GET" in methods else [])}

    def wrap(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method in counted_methods and (seconds := rates.count(request, action)):
                return too_often(request, seconds)
            return view(request, *args, **kwargs)

        actions = {**getattr(view, "paced", {}), action: counted_methods}
        counted.paced = actions  # type: ignore[attr-defined]
        return cast(View, counted)

    return wrap


strangers = Turns("STRANGERS_AT_ONCE", "STRANGERS_WAITING", "STRANGER_WAIT_SECONDS")


class PagesMiddleware:
    """The rates of all pages and of all searches: per person, and of strangers per address.

    Only a few pages are made for strangers at once: many of them leave room for people who are
    signed in. Forms don't wait here, as the passwords in them have turns of their own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not rates.counted_as(request, "stranger"):
            return self.get_response(request)
        try:
            with strangers.turn():
                return self.get_response(request)
        except NoTurn:
            page = render_to_string("busy.html", request=request)
            retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            return HttpResponse(page, status=503, headers=retry)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        seconds = rates.count(request, "pages")
        if not seconds and any(request.GET.get(name) for name in SEARCH_FIELDS):
            seconds = rates.count(request, "search")
        return too_often(request, seconds) if seconds else None


def too_often(request: HttpRequest, seconds: int = 0) -> HttpResponse:
    """429 with the time after which to try again.

    allauth calls it too, and knows no time: then it is the longest that its rates ask for.
    """
    seconds = seconds or _longest_wait(request)
    response = render(request, "429.html", {"minutes": math.ceil(seconds / 60)}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _longest_wait(request: HttpRequest) -> int:
    match = request.resolver_match
    name = match.view_name if match else ""
    waits = [
        rate.seconds
        for paced_pages in settings.PACED.values()
        for rate in paced_pages.rates
        if name in paced_pages.pages
    ]
    return max(waits, default=60)
