"""Execution log in the admin: the events of all roadmaps, newest first."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from logs_app.models import ExecutionLog
from roadmaps.admin.base.filters import FewValuesFilter, TimesFilter, UuidFilter
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.models.ids import as_uuid

LEVELS = ("error", "warning", "info")
LEVEL_COLOURS = {"error": "danger", "warning": "warning"}
SEARCHED_MAX = 50_000  # newest events that words are looked for in


class LevelFilter(DropdownFilter):
    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(level, level.capitalize()) for level in LEVELS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if level := self.value():
            return queryset.filter(level=level)
        return queryset


class RoadmapFilter(UuidFilter):
    title = "roadmap (its id)"
    parameter_name = lookup = "roadmap_id"


@admin.register(ExecutionLog)
class ExecutionLogAdmin(LookOnlyAdmin):
    list_display = ("at", "how", "event", "message", "roadmap")
    list_filter = (
        ("occurred_at", TimesFilter),
        LevelFilter,
        ("event", FewValuesFilter),
        RoadmapFilter,
    )
    search_fields = ("message",)
    search_help_text = f"A roadmap's id, or words of the newest {SEARCHED_MAX:,} events"
    ordering = ("-occurred_at", "-sequence")
    list_filter_submit = True
    sortable_by = ()
    list_per_page = 100
    fields = ("at", "level", "event", "message", "roadmap", "run_id", "details", "sequence")
    readonly_fields = ("at", "roadmap", "details")

    def get_ordering(self, request: HttpRequest) -> Any:
        """Order of the list: one roadmap's events from its start, those of all from the newest."""
        if as_uuid(request.GET.get("q", "")) or request.GET.get("roadmap_id"):
            return ("sequence",)
        return self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if roadmap_id := as_uuid(search_term):
            return queryset.filter(roadmap_id=roadmap_id), False
        if search_term:
            newest = ExecutionLog.objects.order_by("-occurred_at")[SEARCHED_MAX : SEARCHED_MAX + 1]
            if edge := newest.values_list("occurred_at", flat=True).first():
                queryset = queryset.filter(occurred_at__gt=edge)
        results: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return results

    @display(description="Time")
    def at(self, entry: ExecutionLog) -> str:
        return f"{timezone.localtime(entry.occurred_at):%Y-%m-%d %H:%M:%S %Z}"

    @display(description="Level", label=LEVEL_COLOURS)
    def how(self, entry: ExecutionLog) -> str:
        return entry.level

    @display(description="Roadmap")
    def roadmap(self, entry: ExecutionLog) -> SafeString:
        """A link whose address needs no row, because the roadmap may be gone."""
        url = reverse("admin:roadmaps_roadmap_change", args=[entry.roadmap_id])
        return format_html('<a href="{}">{}</a>', url, str(entry.roadmap_id)[:8])

    @display(description="Data")
    def details(self, entry: ExecutionLog) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(entry.data, indent=2, ensure_ascii=False))
