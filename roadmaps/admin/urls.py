"""Addresses of the admin's pages that belong to no model."""

from django.contrib import admin
from django.urls import path

from roadmaps.admin.operations.failures import failures
from roadmaps.admin.operations.system import system, system_checks, system_queues
from roadmaps.admin.operations.usage import model_usage

urlpatterns = [
    path("system/", admin.site.admin_view(system), name="system"),
    path("system/checks/", admin.site.admin_view(system_checks), name="system_checks"),
    path("system/queues/", admin.site.admin_view(system_queues), name="system_queues"),
    path("failures/", admin.site.admin_view(failures), name="failures"),
    path("usage/", admin.site.admin_view(model_usage), name="model_usage"),
]
