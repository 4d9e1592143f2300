"""So often and no oftener: what costs a model, a worker or much memory, per person and per
address.
"""

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
            if request.method in methods and not ratelimit.consume(
                request, action=action, user=request.user
            ):
                return too_often(request)
            return view(request, *args, **kwargs)

        return counted

    return wrap


def too_often(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)
