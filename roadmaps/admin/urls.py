"""Addresses of the admin's pages that belong to no model."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from roadmaps.admin.operations.failures import failures
from roadmaps.admin.operations.system import system, system_checks, system_queues
from roadmaps.admin.operations.usage import model_usage


def no_shortcut(_request: HttpRequest, **_key: Any) -> HttpResponse:
    """In place of Django's way from a row to its page on the site.

    It leads every member of the staff to the address of any row, and that of a shared course is
    its key.
    """
    raise Http404


urlpatterns = [
    path("r/<path:content_type_id>/<path:object_id>/", admin.site.admin_view(no_shortcut)),
    path("system/", admin.site.admin_view(system), name="system"),
    path("system/checks/", admin.site.admin_view(system_checks), name="system_checks"),
    path("system/queues/", admin.site.admin_view(system_queues), name="system_queues"),
    path("failures/", admin.site.admin_view(failures), name="failures"),
    path("usage/", admin.site.admin_view(model_usage), name="model_usage"),
]
