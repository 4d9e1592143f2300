"""Middleware for every request of a person: their time zone, and for staff a second factor."""

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
    """The reader's time zone for all days and times of a page; UTC until one is known.

    The zone that a person chose comes first. Then the browser at hand, because it is where they
    are; its zone is kept, for mails and for browsers that send none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self._zone(request) or None):
            return self.get_response(request)

    def _zone(self, request: HttpRequest) -> str:
        browser_zone = time_zones.known(request.COOKIES.get(TIME_ZONE_COOKIE, ""))
        if not request.user.is_authenticated:
            return browser_zone

        preferences = Preferences.of(request.user)
        if browser_zone and browser_zone != preferences.last_time_zone:
            Preferences.objects.update_or_create(
                user=request.user, defaults={"last_time_zone": browser_zone}
            )
        chosen_zone = time_zones.known(preferences.time_zone)
        last_zone = time_zones.known(preferences.last_time_zone)
        return chosen_zone or browser_zone or last_zone


class StaffMFAMiddleware:
    """The second factor that REQUIRE_STAFF_MFA asks of staff; without one they set it up first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        enters_admin = request.path.startswith(reverse("admin:index"))
        if enters_admin and user.is_authenticated and user.is_staff and lacks_second_factor(user):
            messages.warning(
                request, _("Staff need a second factor to enter the admin. Set it up here first.")
            )
            return redirect("mfa_activate_totp")
        return self.get_response(request)
