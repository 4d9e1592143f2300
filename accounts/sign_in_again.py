"""Proof that the account's own person sits at the browser, before anything gives the account away.

allauth asks for the password or the second factor. Whoever has neither, because they come from
another provider, it lets through; they need a sign-in of the last minutes.
"""

import time

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode


def was_recent(request: HttpRequest) -> bool:
    """Whether the person signed in, or proved who they are, within the last minutes."""
    records = get_authentication_records(request, request.user)
    newest = max((record["at"] for record in records), default=0)
    return bool(time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def check(request: HttpRequest) -> None:
    """Lead a person without a password and a second factor to sign in again.

    Raises ImmediateHttpResponse, which allauth's middleware answers with.
    """
    user = request.user
    if not user.is_authenticated or get_adapter().get_reauthentication_methods(user):
        return
    if not was_recent(request):
        address = reverse("sign_in_again")
        raise ImmediateHttpResponse(
            redirect(f"{address}?{urlencode({'next': request.get_full_path()})}")
        )
