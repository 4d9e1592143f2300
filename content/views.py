"""Reading a concept, answering its quiz, taking the course along."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from content import export, services
from content.models import Question
from content.templatetags.course import RELATIONS
from roadmaps.exceptions import InvalidTransition
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Concept, Roadmap
from roadmaps.views import visible


@login_required
def concept_detail(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    """The concept; a POST answers its quiz, which is graded here and never in the browser."""
    roadmap = visible(request, pk)
    concept = _concept(roadmap, slug)
    questions = list(concept.quiz.questions.all()) if hasattr(concept, "quiz") else []
    graded = grade(questions, request.POST) if request.method == "POST" else []
    context = {
        "roadmap": roadmap,
        "concept": concept,
        "resources": concept.resource_list.resources.all() if hasattr(concept, "resource_list") else [],
        "questions": graded or [{"question": question} for question in questions],
        "score": sum(one["right"] for one in graded) if graded else None,
        "previous": roadmap.concepts.filter(order__lt=concept.order).order_by("-order").first(),
        "next": roadmap.concepts.filter(order__gt=concept.order).order_by("order").first(),
        "connect": CONNECT_A_MODEL,
    }
    return render(request, "content/concept_detail.html", context)


def _concept(roadmap: Roadmap, slug: str) -> Any:
    rows = Concept.objects.filter(roadmap=roadmap).select_related("module__stage", *RELATIONS.values())
    return get_object_or_404(rows, slug=slug)


def grade(questions: list[Question], answers: Any) -> list[dict[str, Any]]:
    """Per question what was chosen (0-based indexes; anything else counts as not chosen) and whether it is right."""
    graded = []
    for question in questions:
        given = answers.getlist(f"question-{question.order}")
        chosen = sorted({int(one) for one in given if one.isdecimal() and int(one) < len(question.options)})
        right = chosen == sorted(question.correct_indexes)
        correct = [question.options[index] for index in question.correct_indexes]
        graded.append({"question": question, "chosen": chosen, "right": right, "correct": correct})
    return graded


@login_required
@require_POST
def artifact_retry(request: HttpRequest, pk: uuid.UUID, slug: str, kind: str) -> HttpResponse:
    concept = _concept(visible(request, pk), slug)
    try:
        services.retry_artifact(concept, kind)
        messages.success(request, "It will be written anew; what is there stays until then.")
    except InvalidTransition as exc:
        messages.error(request, str(exc))
    except ValidationError as exc:
        raise Http404(exc.message) from exc
    return redirect(concept)


@login_required
def roadmap_export(request: HttpRequest, pk: uuid.UUID, format: str) -> HttpResponse:
    roadmap = visible(request, pk)
    if format not in EXPORTS:
        raise Http404(f"There is no export as “{format}”; there is {' and '.join(EXPORTS)}.")
    if not roadmap.concepts.exists():
        messages.error(request, "There is no course to export yet: its plan is not approved.")
        return redirect(roadmap)
    content_type, suffix, write = EXPORTS[format]
    name = f"{export.file_name(str(roadmap))}.{suffix}"
    response = HttpResponse(write(roadmap), content_type=content_type)
    response.headers["Content-Disposition"] = _attachment(name)
    return response


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


def _json(roadmap: Roadmap) -> bytes:
    return json.dumps(export.as_json(roadmap), ensure_ascii=False, indent=2).encode()


EXPORTS: dict[str, tuple[str, str, Any]] = {
    "markdown": ("application/zip", "zip", export.markdown_zip),
    "json": ("application/json", "json", _json),
}
