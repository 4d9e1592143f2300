"""Where allauth asks Cairn."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from accounts.language import remember_language
from accounts.models import Preferences


class AccountAdapter(DefaultAccountAdapter):
    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """A person's pages speak their language on every device they sign in from."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        seen = {"last_language": get_language() or ""}
        preferences, _made = Preferences.objects.update_or_create(user=user, defaults=seen)
        return remember_language(response, preferences.language)
