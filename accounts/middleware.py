"""Staff without a second factor are led to setting one up, where REQUIRE_STAFF_MFA asks for it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from roadmaps.models.second_factor import lacks_second_factor


class StaffMFAMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._must_set_up(request):
            messages.warning(request, _("Staff need a second factor to enter the admin. Set it up here first."))
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _must_set_up(self, request: HttpRequest) -> bool:
        if not request.path.startswith(reverse("admin:index")):
            return False
        user = request.user
        return user.is_authenticated and user.is_staff and lacks_second_factor(user)
