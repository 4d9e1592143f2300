"""The execution log, and the kind of admin page on which a person only looks."""

import json
from functools import cache
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from unfold.admin import ModelAdmin, checkbox
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.templatetags import unfold_list
from unfold.views import ChangeList

from logs_app.filters import FewValuesFilter, TimesFilter, UuidFilter
from logs_app.ids import as_uuid
from logs_app.models import ExecutionLog
from logs_app.paging import InfinitePaginator

LEVELS = ("error", "warning", "info")
LEVEL_COLOURS = {"error": "danger", "warning": "warning"}
SEARCHED_MAX = 50_000  # newest events that words are looked for in


_result_headers = unfold_list.result_headers


def result_headers(changelist: ChangeList) -> list[dict[str, Any]]:
    """Unfold makes the headers of all columns, with their addresses, again for each row; here once
    for a list.
    """
    if not hasattr(changelist, "headers"):
        changelist.headers = list(_result_headers(changelist))
    return cast("list[dict[str, Any]]", changelist.headers)


unfold_list.result_headers = result_headers


@cache
def _checkbox(language: str) -> str:
    """Of a row, without its key.

    A widget is written by three templates, which is much for each of many rows.
    """
    return str(checkbox.render(ACTION_CHECKBOX_NAME, "{}"))


def _field_of(list_filter: Any) -> str:
    """The field, or the parameter of the address, that a filter is declared for."""
    if isinstance(list_filter, tuple | list):
        return str(list_filter[0])
    return str(getattr(list_filter, "parameter_name", list_filter))


class LookOnlyAdmin(ModelAdmin):
    """Rows that only Cairn itself writes. Its lists are never counted, so their size costs
    nothing.
    """

    paginator = InfinitePaginator
    show_full_result_count = False
    linked_fields: tuple[str, ...] = ()  # by which links of other pages narrow the list down
    # Unfold's templates ask for it in each row, and what is missing takes longest
    list_sections = ()

    def key(self, object_id: str) -> Any:
        """404 for a text of the address that can't be a key of this model."""
        try:
            return self.model._meta.pk.to_python(unquote(object_id))
        except ValidationError as exc:
            raise Http404(f"There is no {self.opts.verbose_name} “{object_id}”.") from exc

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list offers: Django allows every field of the row, and answers tell a
        secret bit by bit.
        """
        path = lookup.split(LOOKUP_SEP)[0]
        if path not in {field.name for field in self.opts.get_fields()}:
            return bool(super().lookup_allowed(lookup, value, request))
        declared = {*self.linked_fields, *map(_field_of, self.get_list_filter(request))}
        return any(lookup == name or lookup.startswith(name + LOOKUP_SEP) for name in declared)

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Any) -> SafeString:
        return format_html(_checkbox(get_language()), obj.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LevelFilter(DropdownFilter):
    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(level, level.capitalize()) for level in LEVELS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(level=self.value()) if self.value() else queryset


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
        """One roadmap's story is read from its start; the news of all from the newest."""
        one = as_uuid(request.GET.get("q", "")) or request.GET.get("roadmap_id")
        return ("sequence",) if one else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if found := as_uuid(search_term):
            return queryset.filter(roadmap_id=found), False
        if search_term:
            newest = ExecutionLog.objects.order_by("-occurred_at")[SEARCHED_MAX : SEARCHED_MAX + 1]
            edge = newest.values_list("occurred_at", flat=True).first()
            queryset = queryset.filter(occurred_at__gt=edge) if edge else queryset
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
        """Its address is known without the row, which may be gone."""
        url = reverse("admin:roadmaps_roadmap_change", args=[entry.roadmap_id])
        return format_html('<a href="{}">{}</a>', url, str(entry.roadmap_id)[:8])

    @display(description="Data")
    def details(self, entry: ExecutionLog) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(entry.data, indent=2, ensure_ascii=False))
