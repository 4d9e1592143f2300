"""Rate limits per person and address for views that cost a model call, a worker or memory."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

View = Callable[..., Any]


def paced(action: str, *methods: str) -> Callable[[View], View]:
    """Answer 429 beyond the rate that ACCOUNT_RATE_LIMITS has for `action`; only these methods
    count.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            counts = request.method in methods
            if counts and not ratelimit.consume(request, action=action, user=request.user):
                return too_often(request)
            return view(request, *args, **kwargs)

        return counted

    return wrap


def too_often(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)
