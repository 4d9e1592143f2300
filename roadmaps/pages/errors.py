"""Error pages, with a reason for the person who came where there is one."""

import sys

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.template.loader import render_to_string
from psycopg.errors import QueryCanceled

from roadmaps.engine import loop

RETRY_AFTER_SECONDS = 10


class NothingThere(Http404):
    """A 404 whose message is a sentence for the person who came."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 with the page's own reason, if it gave one: Django's reasons name classes."""
    reason = ""
    if isinstance(exception, NothingThere):
        reason = str(exception)
    return HttpResponseNotFound(render_to_string("404.html", {"why": reason}, request))


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while PostgreSQL is away or takes no changes, or when it took too long; else 500.

    Neither page asks the database for anything.
    """
    error = sys.exc_info()[1]
    if isinstance(error, loop.DATABASE_AWAY):
        retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        page = render_to_string("503.html", {"is_slow": was_cut_off(error)})
        return HttpResponse(page, status=503, headers=retry)
    return HttpResponse(render_to_string("500.html"), status=500)


def was_cut_off(error: BaseException) -> bool:
    """Whether a statement took longer than a page's may, by the error of Django or of psycopg."""
    return isinstance(error, QueryCanceled) or isinstance(error.__cause__, QueryCanceled)
