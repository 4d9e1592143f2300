"""The journal of model calls: who was asked what, and what it took."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from logs_app.admin import LookOnlyAdmin
from logs_app.filters import FewValuesFilter, UuidFilter
from logs_app.ids import as_uuid
from roadmaps import statistics
from roadmaps.admin import figures
from roadmaps.models import ModelCall


class ThreadFilter(UuidFilter):
    title = "thread (its id)"
    parameter_name = lookup = "thread_id"


@admin.register(ModelCall)
class ModelCallAdmin(LookOnlyAdmin):
    list_display = ("created_at", "role", "model", "input_tokens", "output_tokens", "took", "price", "thread_id")
    list_filter = (
        ("created_at", RangeDateTimeFilter),
        ("role", FewValuesFilter),
        ("model", FewValuesFilter),
        ThreadFilter,
    )
    search_fields = ("=thread_id",)
    search_help_text = "A roadmap's thread id"
    ordering = ("-pk",)
    sortable_by = ()
    list_filter_submit = True
    list_per_page = 50
    fields = ("created_at", "role", "model", "input_tokens", "output_tokens", "took", "price", "thread_id", "said")
    readonly_fields = ("took", "price", "said")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelCall]:
        rows: QuerySet[ModelCall] = super().get_queryset(request).defer("answer")
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found = as_uuid(search_term)
        if not search_term:
            return queryset, False
        return (queryset.filter(thread_id=found) if found else queryset.none()), False

    @display(description="Seconds")
    def took(self, call: ModelCall) -> str:
        return f"{call.seconds:.1f}"

    @display(description="Cost")
    def price(self, call: ModelCall) -> str:
        return figures.money(statistics.cost(call.model, call.input_tokens, call.output_tokens)) or "–"

    @display(description="Answer")
    def said(self, call: ModelCall) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(call.answer, indent=2, ensure_ascii=False))
