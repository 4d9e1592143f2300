"""Pages of a request: the learner states a goal, and answers the model's questions."""

import uuid
from typing import Any

import langcodes
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from roadmaps import sentences
from roadmaps.exceptions import LLMError
from roadmaps.llm import CONNECT_A_MODEL, without_model
from roadmaps.models import Roadmap
from roadmaps.pages.access import paced
from roadmaps.people.languages import name_of
from roadmaps.request import estimates, limits, stored
from roadmaps.request.fields import workflow_payload
from roadmaps.request.forms import LANGUAGES, RequestForm, RoadmapForm, TimeForm
from roadmaps.request.questions import ANSWER_MAX, ask_questions
from roadmaps.review.auto_approval import people_decide
from roadmaps.services import request_roadmap

EXAMPLES = [
    (gettext_lazy("Analyse my own data with Python"), {"hours_per_week": 5, "weeks": 8}),
    (gettext_lazy("Bake sourdough bread that rises every time"), {"hours_per_week": 2, "weeks": 4}),
    (gettext_lazy("Hold a ten-minute conversation in Spanish"), {"hours_per_week": 4, "weeks": 12}),
    (
        gettext_lazy("Read weather maps well enough to plan a hike"),
        {"hours_per_week": 3, "weeks": 6},
    ),
]
ASKED = "roadmaps.questions"  # salt of the questions' signature
ASKED_SECONDS = 24 * 3600


@login_required
@paced("design", "POST")
def roadmap_new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        form = RequestForm(request.POST)
        if form.is_valid():
            preferences = dict(form.cleaned_data)
            try:
                if preferences.pop("ask_first"):
                    return _ask_back(request, preferences)
                return redirect(request_roadmap(owner=request.user, **preferences))
            except ValidationError as exc:
                form.add_error(None, exc)
        values: Any = form.data
    else:
        values = initial_values(request)
        form = RequestForm(initial=values)

    context = {
        "form": form,
        "estimate": _estimate_of(values),
        "examples": [{"goal": goal, **time} for goal, time in EXAMPLES],
        "languages": [(tag, name_of(tag)) for tag in LANGUAGES],
        "due_hours": settings.REVIEW_DUE_HOURS,
        "people_decide": people_decide(),
        "without_model": without_model(),
        "connect": CONNECT_A_MODEL,
    }
    status = 400 if form.errors else 200
    return render(request, "roadmaps/roadmap_new.html", context, status=status)


def initial_values(request: HttpRequest) -> dict[str, Any]:
    """Defaults, and the values that a link such as an example's sets."""
    values = RoadmapForm.defaults()
    values["language"] = langcodes.standardize_tag(get_language() or "en")
    for name in RoadmapForm.base_fields:
        if request.GET.get(name):
            values[name] = request.GET[name][:2000]
    if request.GET.get("formats"):
        values["formats"] = request.GET.getlist("formats")
    return values


@login_required
@require_safe
@paced("estimate", "GET")
def roadmap_estimate(request: HttpRequest) -> HttpResponse:
    """The part of the page that follows the time while the form is being filled in."""
    context = {"estimate": _estimate_of(request.GET), "without_model": without_model()}
    return render(request, "roadmaps/_estimate.html", context)


def _estimate_of(values: Any) -> estimates.Estimate | None:
    form = TimeForm(values)
    if not form.is_valid():
        return None
    return estimates.for_request(form.cleaned_data["hours_per_week"], form.cleaned_data["weeks"])


def _ask_back(request: HttpRequest, preferences: dict[str, Any]) -> HttpResponse:
    """The page with the questions; the request travels in it, signed, so that tabs don't mix."""
    stored.check_stored(request.user)
    limits.check_room(request.user)
    thread_id = uuid.uuid4()
    try:
        questions = ask_questions(workflow_payload(Roadmap(**preferences)), thread_id)
    except LLMError as exc:
        warning = _("No questions could be asked, so the design has begun without them. %(reason)s")
        messages.warning(request, warning % {"reason": sentences.in_words(exc.said)})
        return redirect(request_roadmap(owner=request.user, thread_id=thread_id, **preferences))
    if preferences["target_date"]:
        preferences["target_date"] = preferences["target_date"].isoformat()
    draft = {
        "owner": request.user.pk,
        "thread": str(thread_id),
        "wanted": preferences,
        "questions": questions,
    }
    return _show_questions(request, draft, signing.dumps(draft, salt=ASKED, compress=True))


def _show_questions(
    request: HttpRequest,
    draft: dict[str, Any],
    signed: str,
    answers: list[str] | None = None,
    problem: str = "",
) -> HttpResponse:
    questions = draft["questions"]
    pairs = zip(questions, answers or [""] * len(questions), strict=True)
    context = {
        "asked": [{"question": question, "answer": answer} for question, answer in pairs],
        "goal": draft["wanted"]["goal"],
        "language": draft["wanted"]["language"],
        "signed": signed,
        "answer_max": ANSWER_MAX,
        "problem": problem,
    }
    status = 400 if problem else 200
    return render(request, "roadmaps/roadmap_questions.html", context, status=status)


@login_required
@require_POST
@paced("design", "POST")
def roadmap_questions(request: HttpRequest) -> HttpResponse:
    """Answers to the questions, or none; sent twice they lead to the same roadmap."""
    signed = request.POST.get("asked", "")
    try:
        draft = signing.loads(signed, salt=ASKED, max_age=ASKED_SECONDS)
    except signing.BadSignature:
        draft = {"owner": None}
    if draft["owner"] != request.user.pk:
        messages.error(request, _("These questions have run out. State your goal again."))
        return redirect("roadmap_new")
    questions = draft["questions"]
    answers = [request.POST.get(f"answer-{number}", "") for number in range(len(questions))]
    clarifications = []
    if "skip" not in request.POST:
        for question, answer in zip(questions, answers, strict=True):
            clarifications.append({"question": question, "answer": answer})

    try:
        roadmap = request_roadmap(
            owner=request.user,
            thread_id=uuid.UUID(draft["thread"]),
            clarifications=clarifications,
            **draft["wanted"],
        )
    except ValidationError as exc:
        return _show_questions(request, draft, signed, answers, " ".join(exc.messages))
    return redirect(roadmap)
