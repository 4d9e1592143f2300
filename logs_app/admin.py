"""The execution log, and the kind of admin page on which a person only looks."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from logs_app.models import ExecutionLog


class LookOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows that only Cairn itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ExecutionLog)
class ExecutionLogAdmin(LookOnlyAdmin):
    list_display = ("occurred_at", "level", "event", "message", "roadmap_id")
    list_filter = ("level", "event")
    search_fields = ("=roadmap_id", "=run_id", "message")
    search_help_text = "A roadmap's id shows what happened to it, in order."
    ordering = ("-sequence",)
    list_per_page = 100
    show_full_result_count = False

    def get_ordering(self, request: HttpRequest) -> Any:
        """One roadmap's story is read from its start; the news of all from the newest."""
        return ("sequence",) if request.GET.get("q") else self.ordering
