"""Pages of a person's trash: list, restore, delete for good.

Only an owner throws away, restores and deletes; to anybody else it is a 404.
"""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Roadmap
from roadmaps.removal import trash

PAGE_SIZE = 20


@login_required
@require_safe
def trash_list(request: HttpRequest) -> HttpResponse:
    rows = Roadmap.objects.trashed().filter(owner=request.user.pk).order_by("-deleted_at")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [(roadmap, trash.days_left(roadmap)) for roadmap in page]
    return render(
        request, "roadmaps/trash.html", {"page": page, "lines": lines, "days": settings.TRASH_DAYS}
    )


@login_required
@require_POST
def roadmap_trash(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(
        request, pk, trash.move_to_trash, _("“%(roadmap)s” is in the trash."), "roadmap_list"
    )


@login_required
@require_POST
def roadmap_restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(
        request,
        pk,
        trash.restore,
        _("“%(roadmap)s” is back among your roadmaps."),
        "roadmap_trash_list",
    )


@login_required
def roadmap_erase(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A page that asks first; a POST deletes."""
    roadmap = _own(request, pk)
    if request.method != "POST":
        return render(request, "roadmaps/roadmap_erase.html", {"roadmap": roadmap})
    return _change(
        request,
        pk,
        lambda row, by: trash.delete_for_good(row),
        _("“%(roadmap)s” is deleted."),
        "roadmap_trash_list",
    )


def _change(
    request: HttpRequest, pk: uuid.UUID, change: Any, success: str, leads_to: str
) -> HttpResponse:
    roadmap = _own(request, pk)
    try:
        change(roadmap, by=request.user)
        messages.success(request, success % {"roadmap": roadmap})
    except InvalidTransition as exc:
        messages.error(request, str(exc))
    return redirect(leads_to)


def _own(request: HttpRequest, pk: uuid.UUID) -> Roadmap:
    return get_object_or_404(Roadmap, pk=pk, owner=request.user.pk)
