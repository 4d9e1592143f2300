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
    context: dict[str, Any] = {
        "title": "System",
        "results": health.examine(health.QUICK),
        "leases": list_page(
            request, Lease.objects.annotate(now=Now()).order_by("-expires_at", "pk"), "leases"
        ),
        "driven": Lease.objects.aggregate(
            live=Count("pk", filter=Q(expires_at__gte=Now())), all=Count("pk")
        ),
        "stuck": list_page(request, statistics.stuck_runs().select_related("owner"), "stuck"),
        "failures": address_of(request, "failures"),
        "may_see_roadmaps": request.user.has_perm("roadmaps.view_roadmap"),
    }
    _name_roadmaps(context["leases"].rows)
    return TemplateResponse(
        request, "admin/system.html", admin.site.each_context(request) | context
    )


@permission_required(PERMISSION, raise_exception=True)
def system_queues(request: HttpRequest) -> HttpResponse:
    """A part of a page, asked for by itself: to hear whether workers answer takes a second."""
    return render(
        request,
        "admin/system/_queues.html",
        cache.get_or_set("system-queues", _queues, CACHE_SECONDS) or {},
    )


@permission_required(PERMISSION, raise_exception=True)
def system_checks(request: HttpRequest) -> HttpResponse:
    """What waits for others: queues that must answer, models, the mail server."""
    results = cache.get_or_set("system-checks", lambda: health.examine(health.SLOW), CACHE_SECONDS)
    return render(request, "admin/system/_findings.html", {"results": results})


def _queues() -> dict[str, Any]:
    try:
        waiting, oldest, heard = queues.depths(), queues.oldest_seconds(), queues.workers()
    except BROKER_AWAY as exc:
        return {"problem": health.ASKED_IN_VAIN.format(health.first_line(exc))}
    listeners = queues.listeners(heard)
    rows = [
        {
            "name": name,
            "waiting": waiting[name],
            "oldest": _for(oldest[name]),
            "listeners": listeners[name],
        }
        for name in waiting
    ]
    return {"queues": rows, "workers": sorted(heard.items())}


def _for(seconds: float | None) -> str:
    return "" if seconds is None else formatting.span(timedelta(seconds=seconds))


def _name_roadmaps(leases: list[Any]) -> None:
    """Each lease gets its `roadmap`, None where one artifact is rewritten, and the `seconds` that
    it has left.
    """
    roadmaps = Roadmap.objects.in_bulk([lease.subject for lease in leases])
    for lease in leases:
        lease.roadmap = roadmaps.get(lease.subject)
        lease.seconds = (lease.expires_at - lease.now).total_seconds()
