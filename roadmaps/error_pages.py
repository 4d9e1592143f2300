"""What a person reads when a page could not be made."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from roadmaps import loop

RETRY_AFTER_SECONDS = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while PostgreSQL is away or takes no changes, else 500. Neither page asks the database for anything."""
    if isinstance(sys.exc_info()[1], loop.DATABASE_AWAY):
        retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return HttpResponse(render_to_string("503.html"), status=503, headers=retry)
    return HttpResponse(render_to_string("500.html"), status=500)
