"""Roadmaps for the operator: where each stands, why it failed, retry and cancel."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from logs_app.admin import LookOnlyAdmin
from roadmaps.admin import services_by_row
from roadmaps.models import ModelCall, Roadmap
from roadmaps.services import cancel_run, retry_run

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

    def _call(self, request: HttpRequest, queryset: QuerySet[Roadmap], service: Any, done: str) -> None:
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
