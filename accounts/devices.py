"""Browsers that have signed in to an account before.

Wrong guesses are counted for each account, so that a stranger's five would keep its own person
out. A browser that was in before brings a signed cookie, and has a count of its own.
"""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "device"
SALT = "accounts.device"
AGE_SECONDS = 365 * 24 * 3600
ACCOUNTS_MAX = 5  # of one browser; who signed in longest ago is forgotten


def device_of(request: HttpRequest, user: User) -> str:
    """The browser's name when it has signed in to this account before, else empty."""
    device, accounts = _read(request)
    return device if user.pk in accounts else ""


def remember(response: HttpResponse, request: HttpRequest, user: User) -> None:
    device, accounts = _read(request)
    accounts = [user.pk, *(pk for pk in accounts if pk != user.pk)][:ACCOUNTS_MAX]
    response.set_cookie(
        COOKIE,
        signing.dumps([device or secrets.token_urlsafe(12), accounts], salt=SALT),
        max_age=AGE_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[Any]]:
    try:
        device, accounts = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE_SECONDS
        )
    except (signing.BadSignature, ValueError, TypeError):
        return "", []
    return device, accounts
