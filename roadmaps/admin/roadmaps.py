"""Roadmaps for the operator: where each stands, why it failed, retry and cancel."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from logs_app.admin import LookOnlyAdmin
from roadmaps.admin import services_by_row
from roadmaps.models import ModelCall, Roadmap
from roadmaps.services import cancel_run, retry_run
from roadmaps.time_travel import history, resume_from

STATUS_COLOURS = {
    "READY": "success",
    "PARTIAL": "warning",
    "AWAITING_REVIEW": "warning",
    "FAILED": "danger",
    "REJECTED": "danger",
    "CANCELLED": "danger",
}


@admin.register(Roadmap)
class RoadmapAdmin(LookOnlyAdmin):
    list_display = ("__str__", "owner", "state", "status_reason", "attempts", "created_at", "updated_at")
    list_filter = ("status", "language", "level", "made_without_model", "created_at")
    search_fields = ("title", "goal", "owner__username", "=id", "=thread_id", "=run_id")
    list_select_related = ("owner",)
    show_full_result_count = False
    actions = ("retry_selected", "cancel_selected")
    readonly_fields = ("status", "links")
    fieldsets = (
        (None, {"fields": ("title", "status", "status_reason", "links")}),
        ("Request", {"fields": ("owner", "goal", "level", "hours_per_week", "weeks", "target_date", "language")}),
        ("Learner", {"fields": ("background", "motivation", "formats")}),
        ("Run", {"fields": ("thread_id", "run_id", "attempts", "dispatched_at", "created_at", "updated_at")}),
    )

    def has_run_permission(self, request: HttpRequest) -> bool:
        """To retry and cancel: who may change roadmaps, although their fields are nobody's to edit."""
        return request.user.has_perm("roadmaps.change_roadmap")

    @display(description="State", ordering="status", label=STATUS_COLOURS)
    def state(self, roadmap: Roadmap) -> tuple[str, str]:
        return roadmap.status, roadmap.get_status_display()

    @display(description="See also")
    def links(self, roadmap: Roadmap) -> SafeString:
        links = {
            "checkpoints": reverse("admin:roadmaps_roadmap_checkpoints", args=[roadmap.pk]),
            "its page": roadmap.get_absolute_url(),
            "execution log": f"{_list('logs_app_executionlog')}?q={roadmap.pk}",
            "drafts": f"{_list('roadmaps_draft')}?roadmap__id__exact={roadmap.pk}",
            "model calls": f"{_list('roadmaps_modelcall')}?q={roadmap.thread_id}",
        }
        return format_html_join(" · ", '<a href="{}">{}</a>', ((url, name) for name, url in links.items()))

    @admin.action(description="Retry from the last step", permissions=["run"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Roadmap]) -> None:
        self._call(request, queryset, retry_run, "queued again")

    @admin.action(description="Cancel", permissions=["run"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Roadmap]) -> None:
        self._call(request, queryset, cancel_run, "cancelled")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.checkpoints_view)
        return [path("<uuid:pk>/checkpoints/", view, name="roadmaps_roadmap_checkpoints"), *super().get_urls()]

    def checkpoints_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """The thread's history; a POST goes on from the chosen checkpoint."""
        roadmap = get_object_or_404(Roadmap, pk=pk)
        if not (self.has_view_permission(request) and (request.method != "POST" or self.has_run_permission(request))):
            raise PermissionDenied
        if request.method == "POST":
            chosen = request.POST.get("checkpoint", "")
            self._call(request, [roadmap], lambda row, by: resume_from(row, chosen, by=by), "sent on from there")
            return redirect("admin:roadmaps_roadmap_change", pk)
        own = {"title": f"Checkpoints of {roadmap}", "opts": self.opts, "roadmap": roadmap}
        own |= {"checkpoints": history(roadmap), "may_run": self.has_run_permission(request)}
        return TemplateResponse(request, "admin/roadmaps/checkpoints.html", self.admin_site.each_context(request) | own)

    def _call(self, request: HttpRequest, queryset: Iterable[Roadmap], service: Any, done: str) -> None:
        changed = services_by_row.call(request, queryset, lambda row: service(row, by=request.user), done)
        for roadmap in changed:
            self.log_change(request, roadmap, done)


def _list(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


@admin.register(ModelCall)
class ModelCallAdmin(LookOnlyAdmin):
    list_display = ("created_at", "role", "model", "input_tokens", "output_tokens", "seconds", "thread_id")
    list_filter = ("role", "model", "created_at")
    search_fields = ("=thread_id",)
    ordering = ("-pk",)
    show_full_result_count = False
