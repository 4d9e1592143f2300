"""Pages of the import of a course, and of what an imported course lacks."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from content.artifacts.kinds import KINDS
from content.exports.imports import ImportForm, import_course
from content.exports.missing import missing_of, send_for_review
from content.exports.room import room_for_course
from roadmaps import sentences
from roadmaps.exceptions import InvalidTransition
from roadmaps.llm import without_model
from roadmaps.models import RoadmapStatus
from roadmaps.models.permissions import check_may_act
from roadmaps.pages.access import paced
from roadmaps.pages.roadmap import signed_in, visible
from roadmaps.people.numbers import whole_number
from roadmaps.runs.changes import may_be_reviewed


@login_required
@paced("import", "POST")
@room_for_course
def roadmap_import(request: HttpRequest) -> HttpResponse:
    """A form for the file; a good one becomes a roadmap of the person who sent it."""
    assert isinstance(request.user, User)
    form = ImportForm()
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        roadmap = import_course(form.cleaned_data["file"], owner=request.user)
        messages.success(request, _("The course is imported, and yours to read."))
        if roadmap.status == RoadmapStatus.PARTIAL:
            messages.info(request, _("Parts of it are missing. Nothing is written unless you ask."))
        return redirect(roadmap)
    status = 400 if form.errors else 200
    return render(request, "content/roadmap_import.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def roadmap_missing(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What a course from elsewhere lacks and what writing it costs; a POST sends it for review."""
    roadmap = visible(request, pk)
    check_may_act(request.user, roadmap)
    if not may_be_reviewed(roadmap):
        messages.error(request, _("There is nothing to send for review."))
        return redirect(roadmap)
    problems: list[str] = []
    if request.method == "POST":
        calls = whole_number(request.POST.get("calls", "")) or 0
        try:
            send_for_review(roadmap, by=signed_in(request), calls=calls)
        except InvalidTransition as exc:
            problems = [str(exc)]
        except ValidationError as exc:
            problems = exc.messages
        else:
            messages.success(request, _("Sent for review. Nothing is written before that."))
            return redirect(roadmap)

    missing = missing_of(roadmap)
    labels = {name: sentences.in_words(kind.label) for name, kind in KINDS.items()}
    context = {
        "roadmap": roadmap,
        "missing": [(labels[name], n) for name, n in missing.artifacts.items() if n],
        "concepts": missing.concepts,
        "work": missing.work,
        "cost": "" if missing.work.cost is None else f"{missing.work.cost:.2f}",
        "without_model": all(without_model(role) for role in ("validation", *KINDS)),
        "problems": problems,
    }
    status = 409 if problems else 200
    return render(request, "content/roadmap_missing.html", context, status=status)
