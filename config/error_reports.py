"""Django's error pages (DEBUG) and reports of exceptions without the installation's secrets.

Django hides settings by their names; addresses, local variables and messages carry secrets as well.
The pages are for this machine alone: they show code, settings and local variables.
"""

import re
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.views import debug, defaults

from logs_app import redaction
from logs_app.redaction import redact, redact_all

DEBUG_PAGE = b"<code>DEBUG = True</code>"  # a sentence that each of Django's pages has


def may_see(request: HttpRequest | None) -> bool:
    """Whether a page of DEBUG may answer: a request from this very machine, through no proxy."""
    from roadmaps.operations.probes import peer  # logging reads this module before the apps

    if request is None:
        return True  # the report of a task or a command
    address = peer(request)
    return address is not None and address.is_loopback


class ReporterFilter(debug.SafeExceptionReporterFilter):
    """Django's filter of settings that knows ours, by the names and by the values of secrets."""

    cleansed_substitute = redaction.REDACTED
    hidden_settings = re.compile(
        f"{debug.SafeExceptionReporterFilter.hidden_settings.pattern}"
        f"|{redaction.SECRET_NAME.pattern}",
        re.IGNORECASE,
    )

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        if key in redaction.secret_names and value:
            return self.cleansed_substitute
        return redact_all(super().cleanse_setting(key, value))


class ExceptionReporter(debug.ExceptionReporter):
    def get_traceback_html(self) -> SafeString:
        if not may_see(self.request):
            return self._ordinary_page()
        return mark_safe(redact(super().get_traceback_html()))  # noqa: S308 - Django has escaped it

    def get_traceback_text(self) -> SafeString:
        if not may_see(self.request):
            return self._ordinary_page()
        return mark_safe(redact(super().get_traceback_text()))  # noqa: S308 - as Django marks it

    def _ordinary_page(self) -> SafeString:
        from roadmaps.pages import errors  # as above

        assert self.request is not None
        page: HttpResponse = errors.server_error(self.request)
        if isinstance(self.exc_value, SuspiciousOperation):
            page = defaults.bad_request(self.request, self.exc_value)
        return mark_safe(page.content.decode())  # noqa: S308 - a page of ours


class DebugPagesMiddleware:
    """Middleware that gives other machines the ordinary page for one of Django's DEBUG pages.

    The reporter above does so for errors. What Django says of an address that is not there comes
    by no reporter, and lists all addresses of the site.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer_later(request)
        return ordinary(request, self.get_response(request))

    async def _answer_later(self, request: HttpRequest) -> HttpResponse:
        response = await self.get_response(request)
        return await sync_to_async(ordinary)(request, response)


def ordinary(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, or in the place of a DEBUG page the one that an installation has."""
    from roadmaps.pages import errors  # as above

    is_short = response.status_code >= 400 and not response.streaming
    if not is_short or DEBUG_PAGE not in response.content or may_see(request):
        return response
    if response.status_code == 404:
        return errors.not_found(request, Http404())
    return errors.server_error(request)
