"""Filters of admin lists that cost the same with ten rows and with ten million."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import FieldListFilter
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter, TextFilter
from unfold.contrib.filters.admin.mixins import DropdownMixin, ValueMixin
from unfold.utils import parse_datetime_str

from roadmaps.models.ids import as_uuid

VALUES_MAX = 100
# Jumps from value to value along an index, where SELECT DISTINCT would read every row.
DISTINCT = """
WITH RECURSIVE found AS (
    (SELECT {column} AS value FROM {table} ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM {table} WHERE {column} > found.value ORDER BY {column} LIMIT 1)
    FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value IS NOT NULL AND value::text != '' LIMIT {most}
"""


def distinct_values(model: type[Model], field_name: str) -> list[Any]:
    """Values of a column that an index begins with, in the index's order."""
    field: Any = model._meta.get_field(field_name)
    names = {"column": field.column, "table": model._meta.db_table}
    quoted = {name: connection.ops.quote_name(value) for name, value in names.items()}
    with connection.cursor() as cursor:
        cursor.execute(DISTINCT.format(**quoted, most=VALUES_MAX))
        return [row[0] for row in cursor.fetchall()]


class FewValuesFilter(ValueMixin, DropdownMixin, FieldListFilter):
    """A choice of the values that the column has."""

    def __init__(
        self,
        field: Any,
        request: HttpRequest,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.lookup_kwarg = f"{field_path}__exact"
        self.lookup_val = params.get(self.lookup_kwarg)
        super().__init__(field, request, params, model, model_admin, field_path)
        self.values = distinct_values(field.model, field.name)

    def expected_parameters(self) -> list[str | None]:
        return [self.lookup_kwarg]

    def has_output(self) -> bool:
        return bool(self.values)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        rows = super().queryset(request, queryset)
        return queryset if rows is None else rows

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {
            "form": self.form_class(
                label=f" By {self.title} ",
                name=self.lookup_kwarg,
                choices=[self.all_option, *((value, value) for value in self.values)],
                data={self.lookup_kwarg: self.value()},
            )
        }


class TimesFilter(RangeDateTimeFilter):
    """Rows between two times of the reader's zone; Unfold itself would take them for UTC."""

    title: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = f"{self.title} ({timezone.get_current_timezone_name()})"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for end, lookup in (("from", "gte"), ("to", "lte")):
            day = self.used_parameters.get(f"{self.parameter_name}_{end}_0", "")
            hour = self.used_parameters.get(f"{self.parameter_name}_{end}_1", "")
            if time := parse_datetime_str(f"{day} {hour}"):
                queryset = queryset.filter(
                    **{f"{self.parameter_name}__{lookup}": timezone.make_aware(time)}
                )
        return queryset


class UuidFilter(TextFilter):
    """Rows with one id; a text that is no id matches none. Subclasses name `lookup`."""

    lookup = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        key = as_uuid(self.value())
        if not key:
            return queryset.none()
        return queryset.filter(**{self.lookup: key})
