"""The learner's pages of a roadmap, before there is content."""

import logging
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from logs_app.history import events_of
from roadmaps.exceptions import InvalidTransition
from roadmaps.forms import LANGUAGES, RoadmapForm
from roadmaps.llm import CONNECT_A_MODEL, without_model
from roadmaps.models import TRANSITIONS, ReviewStatus, Roadmap, RoadmapStatus
from roadmaps.services import RETRYABLE, cancel_run, request_roadmap, retry_run

logger = logging.getLogger(__name__)

PAGE_SIZE = 20


@login_required
def roadmap_list(request: HttpRequest) -> HttpResponse:
    pages = Paginator(Roadmap.objects.kept().filter(owner=request.user.pk), PAGE_SIZE)
    return render(request, "roadmaps/roadmap_list.html", {"page": pages.get_page(request.GET.get("page"))})


@login_required
def roadmap_new(request: HttpRequest) -> HttpResponse:
    started_with = RoadmapForm.defaults() | {"goal": request.GET.get("goal", "")}
    form = RoadmapForm(request.POST) if request.method == "POST" else RoadmapForm(initial=started_with)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(request_roadmap(owner=request.user, **form.cleaned_data))
        except ValidationError as exc:
            form.add_error(None, exc)
    context = {"form": form, "languages": LANGUAGES, "without_model": without_model(), "connect": CONNECT_A_MODEL}
    return render(request, "roadmaps/roadmap_new.html", context, status=400 if form.errors else 200)


@login_required
def roadmap_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The page; to htmx only the part that changes while the roadmap moves."""
    roadmap = visible(request, pk)
    context = {
        "roadmap": roadmap,
        "events": events_of(roadmap.pk),
        "reviews": roadmap.reviews.exclude(status=ReviewStatus.PENDING).select_related("draft"),
        "cancellable": roadmap.status in TRANSITIONS[RoadmapStatus.CANCELLED],
        "retryable": roadmap.status in RETRYABLE,
        "connect": CONNECT_A_MODEL,
    }
    name = "_roadmap_state" if getattr(request, "htmx", False) else "roadmap_detail"
    return render(request, f"roadmaps/{name}.html", context)


@login_required
@require_POST
def roadmap_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(request, pk, cancel_run, "Cancelled. Retry goes on from where it stopped.")


@login_required
@require_POST
def roadmap_retry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(request, pk, retry_run, "It goes on from where it stopped.")


def _change(request: HttpRequest, pk: uuid.UUID, change: Any, done: str) -> HttpResponse:
    roadmap = visible(request, pk)
    try:
        change(roadmap, by=request.user)
        messages.success(request, done)
    except InvalidTransition as exc:
        messages.error(request, str(exc))
    return redirect(roadmap)


def visible(request: HttpRequest, pk: uuid.UUID) -> Roadmap:
    """404, not 403: a stranger learns nothing, not even that it exists."""
    assert isinstance(request.user, User)
    return get_object_or_404(Roadmap.objects.visible_to(request.user), pk=pk)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while PostgreSQL answers; Redis may be away without losing anything."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        logger.exception("healthz: PostgreSQL does not answer")
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})
