"""Usage and cost of models: by day, by role, by model."""

import json
from collections import defaultdict
from datetime import timedelta
from itertools import cycle
from operator import itemgetter
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from roadmaps.admin.operations import formatting
from roadmaps.operations import statistics
from roadmaps.people import time_zones

PERIODS = (1, 7, 30, 90)  # days
COLOURS = ("primary-600", "blue-500", "orange-500", "green-600", "red-500", "base-400")


@permission_required("roadmaps.view_modelcall", raise_exception=True)
def model_usage(request: HttpRequest) -> HttpResponse:
    days = 7
    if request.GET.get("days", "") in map(str, PERIODS):
        days = int(request.GET["days"])
    since = time_zones.midnight() - timedelta(days=days - 1)
    rows = statistics.spend_by_day(since, days)
    context = {
        "title": "Model usage and cost",
        "days": days,
        "periods": PERIODS,
        "total": formatting.spent(statistics.total(rows)),
        "tables": [table(rows, name) for name in ("model", "role", "day")],
        "chart": chart(rows),
    }
    return TemplateResponse(
        request, "admin/model_usage.html", admin.site.each_context(request) | context
    )


def table(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Sums by `name`, the most tokens first; days in their order, newest first."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    sums = [{name: value, **statistics.total(group)} for value, group in groups.items()]
    if name == "day":
        sums.sort(key=itemgetter("day"), reverse=True)
    else:
        sums.sort(key=lambda row: row["input_tokens"] + row["output_tokens"], reverse=True)

    cells = itemgetter("calls", "input_tokens", "output_tokens", "seconds", "money")
    lines = [[str(row[name]), *cells(formatting.spent(row)["shown"])] for row in sums]
    headers = [name, "Calls", "Tokens in", "Tokens out", "Seconds", "Cost"]
    return {"title": f"By {name}", "table": {"headers": headers, "rows": lines}}


def chart(rows: list[dict[str, Any]]) -> str:
    """Thousands of tokens per day, stacked by model."""
    days = sorted({row["day"] for row in rows})
    models = sorted({row["model"] for row in rows})
    tokens: dict[tuple[str, Any], int] = defaultdict(int)
    for row in rows:
        tokens[row["model"], row["day"]] += row["input_tokens"] + row["output_tokens"]

    datasets = []
    for model, colour in zip(models, cycle(COLOURS), strict=False):
        dataset = {
            "label": model,
            "data": [tokens[model, day] / 1000 for day in days],
            "backgroundColor": f"var(--color-{colour})",
            "stack": "tokens",
            "suffixYAxis": "k",
        }
        datasets.append(dataset | formatting.BARS)
    return json.dumps({"labels": [f"{day:%b %-d}" for day in days], "datasets": datasets})
