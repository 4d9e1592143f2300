"""What holds for every request of a person: their time zone, and for staff a second factor."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Preferences
from roadmaps.models.second_factor import lacks_second_factor
from roadmaps.people import time_zones

TIME_ZONE_COOKIE = "time_zone"  # zone.js sets it


class TimeZoneMiddleware:
    """Days and times of a page are those of its reader; UTC until their browser has said where it
    is.

    What a person chose comes first. Then the browser at hand, because it is where they are; what
    it says is kept, for mails and for browsers that say nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self._zone(request) or None):
            return self.get_response(request)

    def _zone(self, request: HttpRequest) -> str:
        here = time_zones.known(request.COOKIES.get(TIME_ZONE_COOKIE, ""))
        if not request.user.is_authenticated:
            return here

        preferences = Preferences.of(request.user)
        if here and here != preferences.last_time_zone:
            Preferences.objects.update_or_create(
                user=request.user, defaults={"last_time_zone": here}
            )
        chosen, kept = (
            time_zones.known(preferences.time_zone),
            time_zones.known(preferences.last_time_zone),
        )
        return chosen or here or kept


class StaffMFAMiddleware:
    """Staff without a second factor are led to setting one up, where REQUIRE_STAFF_MFA asks for
    it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._must_set_up(request):
            messages.warning(
                request, _("Staff need a second factor to enter the admin. Set it up here first.")
            )
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _must_set_up(self, request: HttpRequest) -> bool:
        if not request.path.startswith(reverse("admin:index")):
            return False
        user = request.user
        return user.is_authenticated and user.is_staff and lacks_second_factor(user)
