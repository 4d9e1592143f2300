"""Active filters of an admin list, each with the address of the list without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import localize

# Parameters that stay when all filters are cleared.
KEPT = (ORDER_VAR, IS_POPUP_VAR, TO_FIELD_VAR, IS_FACETS_VAR)
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
    if search := request.GET.get(SEARCH_VAR, "").strip():
        chips.append(ActiveFilter("Search", search, _without(request, [SEARCH_VAR])))

    names = [name for name in request.GET if name not in NO_FILTER]
    for spec in changelist.filter_specs:
        parameters = [str(name) for name in spec.expected_parameters() if name in names]
        chips += of_spec(request, spec, parameters)
        names = [name for name in names if name not in parameters]
    for name in names:
        chips += of_lookup(request, changelist.model, name)
    return chips


def without_filters(request: HttpRequest) -> str:
    """The address of the list without any filter, in the same order."""
    return _without(request, [name for name in request.GET if name not in KEPT])


def of_spec(request: HttpRequest, spec: Any, names: list[str]) -> Iterator[ActiveFilter]:
    """Values of one of the list's own filters; `names` are its parameters in the address."""
    title = _capitalised(spec.title)
    for ending, word in RANGES.items():
        endings = (ending, f"{ending}_0", f"{ending}_1")  # a day, or a day and a time of it
        parts = sorted(name for name in names if name.endswith(endings))
        values = [request.GET[name] for name in parts if request.GET[name]]
        if values:
            yield ActiveFilter(title, f"{word} {' '.join(values)}", _without(request, parts))
        names = [name for name in names if name not in parts]

    for name in names:
        for value in filter(None, request.GET.getlist(name)):
            label = _choice_label(spec, name, value)
            yield ActiveFilter(title, label, _without_value(request, name, value))


def _choice_label(spec: Any, name: str, value: str) -> str:
    """The choice as the filter itself calls it; the value where it has no other name."""
    if name.endswith("__isempty"):
        return "empty" if value == "1" else "not empty"
    field = getattr(spec, "field", None)
    choices = list(getattr(spec, "lookup_choices", ()) or getattr(field, "flatchoices", ()))
    if not choices and isinstance(field, BooleanField):
        choices = [("1", "Yes"), ("0", "No")]
    for key, label in choices:
        if str(key) == value:
            return str(label)
    return value


def of_lookup(request: HttpRequest, model: Any, name: str) -> Iterator[ActiveFilter]:
    """Values of a parameter such as `decided_at__gte`, which links of other pages ask for."""
    path, _, comparison = name.rpartition("__")
    try:
        field: Any = get_fields_from_path(model, path or name)[-1]
    except FieldDoesNotExist:
        return
    title = _capitalised(field.verbose_name)
    labels = {str(key): str(label) for key, label in getattr(field, "flatchoices", ())}
    for value in filter(None, request.GET.getlist(name)):
        if comparison == "in":
            items = value.split(",")
            for item in items:
                rest = ",".join(other for other in items if other != item)
                address = _address(request, {name: [rest]})
                yield ActiveFilter(title, labels.get(item, item), address)
        elif comparison == "isnull":
            is_set = value.lower() in ("0", "false")
            label = "any time" if is_set else "not yet"
            yield ActiveFilter(title, label, _without(request, [name]))
        else:
            label = labels.get(value, value)
            if comparison in COMPARISONS:
                label = f"{COMPARISONS[comparison]} {readable_time(value)}"
            yield ActiveFilter(title, label, _without_value(request, name, value))


def readable_time(value: str) -> str:
    """A time as the reader's clock has it; a text that is no time stays as it is."""
    try:
        moment = parse_datetime(value)
    except ValueError:
        return value
    if moment is None:
        return value
    if timezone.is_aware(moment):
        moment = timezone.localtime(moment)
    return str(localize(moment))


def _capitalised(title: Any) -> str:
    """The title with a capital letter at its beginning; the names in it stay as they are."""
    text = str(title)
    return text[:1].upper() + text[1:]


def _without(request: HttpRequest, names: list[str]) -> str:
    return _address(request, {name: [] for name in names})


def _without_value(request: HttpRequest, name: str, value: str) -> str:
    """The list's address without one of several values of a parameter."""
    rest = [other for other in request.GET.getlist(name) if other != value]
    return _address(request, {name: rest})


def _address(request: HttpRequest, changes: dict[str, list[str]]) -> str:
    """The list's address with other values for some parameters; a list with other rows begins at
    its first page.
    """
    parameters = request.GET.copy()
    for name, values in changes.items():
        parameters.setlist(name, values)
    for name in (PAGE_VAR, ERROR_FLAG):
        parameters.pop(name, None)
    for name, values in list(parameters.lists()):
        parameters.setlist(name, [value for value in values if value])
    return f"?{parameters.urlencode()}"
