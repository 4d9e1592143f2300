"""Usage and cost of models: by day, by role, by model."""

import json
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from roadmaps.admin.operations import formatting
from roadmaps.models import ModelCall
from roadmaps.operations import statistics
from roadmaps.people import time_zones

PERIODS = (1, 7, 30, 90)  # days
COLOURS = ("primary-600", "blue-500", "orange-500", "green-600", "red-500", "base-400")


@permission_required("roadmaps.view_modelcall", raise_exception=True)
def model_usage(request: HttpRequest) -> HttpResponse:
    days = _days(request.GET.get("days", ""))
    since = time_zones.midnight() - timedelta(days=days - 1)
    day = statistics.day_number("created_at", since, days)
    calls: QuerySet[Any] = ModelCall.objects.filter(created_at__gte=since).annotate(day=day)
    rows = [
        row | {"day": since.date() + timedelta(days=row["day"] - 1)}
        for row in statistics.spend("day", "role", calls=calls)
    ]
    context = {
        "title": "Model usage and cost",
        "days": days,
        "periods": PERIODS,
        "total": formatting.spent(statistics.total(rows)),
        "tables": [_table(rows, name) for name in ("model", "role", "day")],
        "chart": _chart(rows),
    }
    return TemplateResponse(
        request, "admin/model_usage.html", admin.site.each_context(request) | context
    )


def _days(wanted: str) -> int:
    return int(wanted) if wanted in map(str, PERIODS) else 7


def _table(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Sums by `name`, the most tokens first; days in their order, newest first."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    sums = [{name: value, **statistics.total(group)} for value, group in groups.items()]
    sums.sort(
        key=lambda one: one["day"] if name == "day" else one["input_tokens"] + one["output_tokens"],
        reverse=True,
    )
    shown = [formatting.spent(one)["shown"] | {"name": str(one[name])} for one in sums]
    cells = ("name", "calls", "input_tokens", "output_tokens", "seconds", "money")
    headers = [name, "Calls", "Tokens in", "Tokens out", "Seconds", "Cost"]
    return {
        "title": f"By {name}",
        "table": {"headers": headers, "rows": [[one[cell] for cell in cells] for one in shown]},
    }


def _chart(rows: list[dict[str, Any]]) -> str:
    """Thousands of tokens per day, stacked by model."""
    days = sorted({row["day"] for row in rows})
    models = sorted({row["model"] for row in rows})
    tokens = dict.fromkeys(((model, day) for model in models for day in days), 0)
    for row in rows:
        tokens[row["model"], row["day"]] += row["input_tokens"] + row["output_tokens"]
    datasets = [
        {
            "label": model,
            "data": [tokens[model, day] / 1000 for day in days],
            "backgroundColor": f"var(--color-{COLOURS[at % len(COLOURS)]})",
            "stack": "tokens",
            "suffixYAxis": "k",
            **formatting.BARS,
        }
        for at, model in enumerate(models)
    ]
    return json.dumps({"labels": [f"{day:%b %-d}" for day in days], "datasets": datasets})
