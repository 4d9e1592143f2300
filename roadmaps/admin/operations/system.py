"""System page: queues and their listeners, health checks, leases, and what is stuck."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.core.cache import cache
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse

from logs_app.buffer import BROKER_AWAY
from roadmaps.admin.base.paging import list_page
from roadmaps.admin.navigation import address_of
from roadmaps.admin.operations import formatting
from roadmaps.models import Lease, Roadmap
from roadmaps.operations import health, queues, statistics

PERMISSION = "roadmaps.view_lease"
CACHE_SECONDS = 5


@permission_required(PERMISSION, raise_exception=True)
def system(request: HttpRequest) -> HttpResponse:
    newest = Lease.objects.annotate(now=Now()).order_by("-expires_at", "pk")
    leases: Any = list_page(request, newest, "leases")
    roadmaps = Roadmap.objects.in_bulk([lease.subject for lease in leases.rows])
    for lease in leases.rows:
        lease.roadmap = roadmaps.get(lease.subject)  # None where one artifact is rewritten
        lease.seconds = (lease.expires_at - lease.now).total_seconds()

    live = Count("pk", filter=Q(expires_at__gte=Now()))
    context = {
        "title": "System",
        "results": health.examine(health.QUICK),
        "leases": leases,
        "driven": Lease.objects.aggregate(live=live, all=Count("pk")),
        "stuck": list_page(request, statistics.stuck_runs().select_related("owner"), "stuck"),
        "failures": address_of(request, "failures"),
        "may_see_roadmaps": request.user.has_perm("roadmaps.view_roadmap"),
    }
    return TemplateResponse(
        request, "admin/system.html", admin.site.each_context(request) | context
    )


@permission_required(PERMISSION, raise_exception=True)
def system_queues(request: HttpRequest) -> HttpResponse:
    """Queues as a part of its own: waiting for the workers' answers takes a second."""
    context = cache.get_or_set("system-queues", _queues, CACHE_SECONDS) or {}
    return render(request, "admin/system/_queues.html", context)


@permission_required(PERMISSION, raise_exception=True)
def system_checks(request: HttpRequest) -> HttpResponse:
    """The checks that wait for others: queues that must answer, models, the mail server."""
    results = cache.get_or_set("system-checks", lambda: health.examine(health.SLOW), CACHE_SECONDS)
    return render(request, "admin/system/_findings.html", {"results": results})


def _queues() -> dict[str, Any]:
    try:
        depths = queues.depths()
        ages = queues.oldest_seconds()
        workers = queues.workers()
    except BROKER_AWAY as exc:
        return {"problem": health.ASKED_IN_VAIN.format(health.first_line(exc))}

    listeners = queues.listeners(workers)
    rows = []
    for name, depth in depths.items():
        age = ages[name]
        oldest = ""
        if age is not None:
            oldest = formatting.span(timedelta(seconds=age))
        row = {"name": name, "waiting": depth, "oldest": oldest, "listeners": listeners[name]}
        rows.append(row)
    return {"queues": rows, "workers": sorted(workers.items())}
