"""Pages of a concept, with its quiz, notes and reading place, and of a roadmap's progress."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from content.artifacts.kinds import KINDS, RELATIONS
from content.artifacts.rewrites import rewritable_kinds
from learning import charts, progress, quizzes, reading
from learning.models import NOTE_MAX, Attempt, Reading
from roadmaps import sentences
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Concept, Roadmap
from roadmaps.pages.roadmap import own, visible
from roadmaps.people.numbers import whole_number

WEEKS_SHOWN = 8
PARTS = [f"learning/_{name}.html" for name in KINDS]  # of a concept's page
# The page draws what a model wrote, so that it has no origin and may load nothing but our own
# scripts.
DIAGRAM_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; font-src 'self' data:; "
    "img-src data:; frame-ancestors 'self'; sandbox allow-scripts"
)


@login_required
@require_safe
def concept_detail(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    roadmap = visible(request, pk)
    concept = _concept(roadmap, slug)
    user_progress = progress.progress_of(request.user, roadmap)
    previous_step, next_step = user_progress.neighbours(concept)
    rewritable = rewritable_kinds(request.user, roadmap)

    place = 0
    user_reading = Reading.objects.filter(user=request.user.pk, concept=concept).first()
    if user_reading and user_reading.placed_at and hasattr(concept, "tutorial"):
        was_rewritten = concept.tutorial.updated_at >= user_reading.placed_at
        place = 0 if was_rewritten else user_reading.place

    context = {
        "roadmap": roadmap,
        "concept": concept,
        "parts": PARTS,
        "progress": user_progress,
        "previous": previous_step,
        "next": next_step,
        "reading": user_reading,
        "place": place,
        "note_max": NOTE_MAX,
        "rewritable": [(kind.name, sentences.in_words(kind.label)) for kind in rewritable],
        "connect": CONNECT_A_MODEL,
    }
    context |= reading.written(concept)
    context |= _quiz_context(request, concept)
    return render(request, "learning/concept_detail.html", context)


def _own_concept(request: HttpRequest, pk: uuid.UUID, slug: str) -> Any:
    """A concept of the learner's own course; others who may read it can't act on it."""
    return _concept(own(request, pk), slug)


def _concept(roadmap: Roadmap, slug: str) -> Any:
    rows = Concept.objects.filter(roadmap=roadmap).select_related(
        "module__stage", "roadmap", *RELATIONS
    )
    return get_object_or_404(rows, slug=slug)


def _quiz_context(request: HttpRequest, concept: Any) -> dict[str, Any]:
    """The questions, or with ?attempt= the answers of then; the last and the best score."""
    attempts = list(Attempt.objects.filter(user=request.user.pk, concept=concept).defer("answers"))
    context: dict[str, Any] = {
        "questions": [],
        "attempt": None,
        "attempts": len(attempts),
        "last": next(iter(attempts), None),
        "best": max(attempts, key=lambda each: each.score / max(each.total, 1), default=None),
    }

    if number := request.GET.get("attempt", ""):
        context["attempt"] = get_object_or_404(
            Attempt, pk=whole_number(number), user=request.user.pk, concept=concept
        )
    elif hasattr(concept, "quiz"):
        context["questions"] = concept.quiz.questions.all()
    return context


@login_required
@require_POST
def concept_quiz(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    concept = _own_concept(request, pk, slug)
    try:
        attempt = quizzes.answer(request.user, concept, request.POST)
    except ValidationError as exc:
        messages.error(request, exc.message)
        return redirect(f"{concept.get_absolute_url()}#quiz")
    return redirect(f"{concept.get_absolute_url()}?attempt={attempt.pk}#quiz")


@login_required
@require_POST
def concept_note(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    """The notes of a concept, saved while a person types (htmx) or by the button."""
    concept = _own_concept(request, pk, slug)
    error = ""
    try:
        reading.keep_note(request.user, concept, request.POST.get("note", ""))
    except ValidationError as exc:
        error = str(exc.message)
    if getattr(request, "htmx", False):
        return render(request, "learning/_note_saved.html", {"error": error, "at": timezone.now()})
    if error:
        messages.error(request, error)
    else:
        messages.success(request, _("Your notes are saved."))
    return redirect(f"{concept.get_absolute_url()}#notes")


@login_required
@require_POST
def concept_place(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    concept = _own_concept(request, pk, slug)
    try:
        reading.keep_place(request.user, concept, request.POST.get("place", ""))
    except ValidationError as exc:
        return HttpResponseBadRequest(exc.message)
    return HttpResponse(status=204)


@login_required
@require_POST
def concept_complete(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    concept = _own_concept(request, pk, slug)
    if request.POST.get("undo"):
        reading.reopen(request.user, concept)
        messages.success(request, _("“%(concept)s” is open again.") % {"concept": concept})
    else:
        reading.complete(request.user, concept)
        messages.success(
            request,
            _("“%(concept)s” is complete. Its questions join your practice.")
            % {"concept": concept},
        )
    return redirect(concept)


@login_required
@require_safe
def roadmap_progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    roadmap = visible(request, pk)
    user_progress = progress.progress_of(request.user, roadmap)
    weeks = progress.weeks(user_progress, WEEKS_SHOWN)
    context = {
        "roadmap": roadmap,
        "progress": user_progress,
        "week": weeks[-1],
        "weeks": weeks,
        "chart": charts.draw(weeks),
        "streak": progress.streak(request.user),
    }
    return render(request, "learning/roadmap_progress.html", context)


@require_safe
@xframe_options_sameorigin
@cache_control(max_age=3600)
def diagram(request: HttpRequest) -> HttpResponse:
    """The page that draws Mermaid in a frame of its own.

    The page around it sends the text and gets back an image.
    """
    response = render(request, "learning/diagram.html")
    response.headers["Content-Security-Policy"] = DIAGRAM_POLICY
    return response
