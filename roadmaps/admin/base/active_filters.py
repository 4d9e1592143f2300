"""Active filters of an admin list, each with the address of the list without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import localize

KEPT = (ORDER_VAR, IS_POPUP_VAR, TO_FIELD_VAR, IS_FACETS_VAR)  # when all filters are cleared
NO_FILTER = {*KEPT, PAGE_VAR, ALL_VAR, ERROR_FLAG, SEARCH_VAR, "_changelist_filters"}
# The end of a parameter's name → what stands before its value.
COMPARISONS = {"gte": "since", "gt": "after", "lte": "until", "lt": "before"}
RANGES = {"_from": "since", "_to": "until"}


@dataclass(frozen=True)
class ActiveFilter:
    label: str
    value: str
    remove: str  # the address of the list without it


def active_filters(request: HttpRequest, changelist: Any) -> list[ActiveFilter]:
    """The search, the list's own filters in their order, then what only an address asks for."""
    chips: list[ActiveFilter] = []
    if words := request.GET.get(SEARCH_VAR, "").strip():
        chips.append(ActiveFilter("Search", words, _without(request, [SEARCH_VAR])))

    left = [name for name in request.GET if name not in NO_FILTER]
    for spec in changelist.filter_specs:
        own = [str(name) for name in spec.expected_parameters() if name in left]
        chips += _of_spec(request, spec, own)
        left = [name for name in left if name not in own]
    for name in left:
        chips += _of_lookup(request, changelist.model, name)
    return chips


def without_filters(request: HttpRequest) -> str:
    """The address of the list without any filter, in the same order."""
    return _without(request, [name for name in request.GET if name not in KEPT])


def _of_spec(request: HttpRequest, spec: Any, names: list[str]) -> Iterator[ActiveFilter]:
    title = _capitalised(spec.title)
    for ending, word in RANGES.items():
        endings = (ending, f"{ending}_0", f"{ending}_1")  # a day, or a day and a time of it
        parts = [name for name in names if name.endswith(endings)]
        if value := " ".join(filter(None, (request.GET[name] for name in sorted(parts)))):
            yield ActiveFilter(title, f"{word} {value}", _without(request, parts))
        names = [name for name in names if name not in parts]

    for name in names:
        for value in filter(None, request.GET.getlist(name)):
            yield ActiveFilter(title, _word_of(spec, name, value), _without(request, [name], value))


def _word_of(spec: Any, name: str, value: str) -> str:
    """The choice as the filter itself calls it; the value where it has no other name."""
    if name.endswith("__isempty"):
        return "empty" if value == "1" else "not empty"
    field = getattr(spec, "field", None)
    choices = list(getattr(spec, "lookup_choices", ()) or getattr(field, "flatchoices", ()))
    if not choices and isinstance(field, BooleanField):
        choices = [("1", "Yes"), ("0", "No")]
    return next((str(label) for key, label in choices if str(key) == value), value)


def _of_lookup(request: HttpRequest, model: Any, name: str) -> Iterator[ActiveFilter]:
    """Of a parameter such as `decided_at__gte`, which links of other pages ask for."""
    path, _, comparison = name.rpartition("__")
    try:
        field: Any = get_fields_from_path(model, path or name)[-1]
    except FieldDoesNotExist:
        return
    label = _capitalised(field.verbose_name)
    choices = {str(key): str(word) for key, word in getattr(field, "flatchoices", ())}
    for value in filter(None, request.GET.getlist(name)):
        if comparison == "in":
            values = value.split(",")
            for item in values:
                others = ",".join(other for other in values if other != item)
                shown = choices.get(item, item)
                yield ActiveFilter(label, shown, _with(request, name, others))
        elif comparison == "isnull":
            is_empty = value.lower() not in ("0", "false")
            shown = "not yet" if is_empty else "any time"
            yield ActiveFilter(label, shown, _without(request, [name]))
        else:
            word = COMPARISONS.get(comparison, "")
            shown = f"{word} {_moment(value)}" if word else choices.get(value, value)
            yield ActiveFilter(label, shown, _without(request, [name], value))


def _moment(value: str) -> str:
    """A time as the reader's clock has it; what is none, as it is."""
    try:
        moment = parse_datetime(value)
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        return value
    return str(localize(timezone.localtime(moment) if timezone.is_aware(moment) else moment))


def _capitalised(text: Any) -> str:
    """Only its first letter: names in it keep theirs."""
    words = str(text)
    return words[:1].upper() + words[1:]


def _without(request: HttpRequest, names: list[str], value: str | None = None) -> str:
    """`value`: the only one of several that goes."""
    parameters = request.GET.copy()
    for name in names:
        kept = [other for other in parameters.getlist(name) if value is not None and other != value]
        parameters.setlist(name, kept)
    return _address(parameters)


def _with(request: HttpRequest, name: str, value: str) -> str:
    parameters = request.GET.copy()
    parameters.setlist(name, [value] if value else [])
    return _address(parameters)


def _address(parameters: QueryDict) -> str:
    """A list with other rows begins at its first page."""
    for name in (PAGE_VAR, ERROR_FLAG):
        parameters.pop(name, None)
    for name, values in list(parameters.lists()):
        parameters.setlist(name, [value for value in values if value])
    return f"?{parameters.urlencode()}"
