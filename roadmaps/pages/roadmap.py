"""Pages of a roadmap for its learner: home, list, detail, and what changes its course."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from logs_app.history import events_of, written_events
from roadmaps import sentences
from roadmaps.exceptions import InvalidTransition
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import TRANSITIONS, Draft, Person, Review, ReviewStatus, Roadmap, RoadmapStatus
from roadmaps.models.permissions import check_may_act, check_owner, may_act
from roadmaps.pages import workflow_state
from roadmaps.request import estimates
from roadmaps.request.forms import ChangesForm
from roadmaps.review.auto_approval import people_decide
from roadmaps.runs.changes import CHANGEABLE, request_changes
from roadmaps.services import RETRYABLE, cancel_run, retry_run

PAGE_SIZE = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"people_decide": people_decide()})


@login_required
@require_safe
def roadmap_list(request: HttpRequest) -> HttpResponse:
    """One's own, newest first; `?status=` shows those in one state."""
    roadmaps = Roadmap.objects.kept().filter(owner=request.user.pk)
    counted = dict(roadmaps.order_by().values_list("status").annotate(Count("pk")))
    status = request.GET.get("status", "")
    if status in counted:
        roadmaps = roadmaps.filter(status=status)
    else:
        status = ""
    states = [(state, state.label, counted[state]) for state in RoadmapStatus if state in counted]
    context = {
        "page": Paginator(roadmaps, PAGE_SIZE).get_page(request.GET.get("page")),
        "states": states,
        "wanted": status,
        "all": sum(counted.values()),
    }
    return render(request, "roadmaps/roadmap_list.html", context)


@login_required
@require_safe
def roadmap_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The page; to htmx only the parts that change while the roadmap moves."""
    context = _page_of(visible(request, pk), request.user)
    name = "_roadmap_live" if getattr(request, "htmx", False) else "roadmap_detail"
    return render(request, f"roadmaps/{name}.html", context)


def _page_of(roadmap: Roadmap, user: Person, form: ChangesForm | None = None) -> dict[str, Any]:
    """The page with the acts that its state and `user`'s rights allow."""
    events = [sentences.event_in_words(event) for event in events_of(roadmap.pk)]
    reviews = list(roadmap.reviews.select_related("draft", "decided_by"))
    allowed = may_act(user, roadmap)
    cancellable = roadmap.status in TRANSITIONS[RoadmapStatus.CANCELLED] or roadmap.is_changing
    changeable = allowed and roadmap.status in CHANGEABLE
    return {
        "roadmap": roadmap,
        "events": events,
        "reviews": [review for review in reviews if review.status != ReviewStatus.PENDING],
        "flow": _flow(roadmap, events, reviews),
        "estimate": _estimate(roadmap, reviews),
        "cancellable": allowed and cancellable,
        "retryable": allowed and roadmap.status in RETRYABLE,
        "changes_form": (form or ChangesForm(auto_id="changes-%s")) if changeable else None,
        "connect": CONNECT_A_MODEL,
    }


def _flow(
    roadmap: Roadmap, events: list[dict[str, Any]], reviews: list[Review]
) -> workflow_state.Flow:
    written = written_events(roadmap.pk, workflow_state.FLOW_EVENTS)
    known = {
        event["id"]: event
        for event in [*written, *events]
        if event["event"] in workflow_state.FLOW_EVENTS
    }
    asked = sum(review.status == ReviewStatus.CHANGES_REQUESTED for review in reviews)
    asked += len({review.draft_id for review in reviews if review.draft.origin in Draft.ASKED})
    return workflow_state.flow_of(
        roadmap, sorted(known.values(), key=lambda event: event["sequence"]), asked
    )


def _estimate(roadmap: Roadmap, reviews: list[Review]) -> estimates.Estimate | None:
    """What is to be written when the plan that waits is approved; of a course most of it is there
    already.
    """
    waiting = next((review for review in reviews if review.status == ReviewStatus.PENDING), None)
    if waiting is None or roadmap.is_changing:
        return None
    stages = waiting.draft.plan["stages"]
    return estimates.for_plan(
        len(stages), sum(len(one["concepts"]) for stage in stages for one in stage["modules"])
    )


@login_required
@require_POST
def roadmap_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(
        request, pk, cancel_run, _("Cancelled. What is there stays, and you can go on later.")
    )


@login_required
@require_POST
def roadmap_retry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(request, pk, retry_run, _("It goes on from where it stopped."))


@login_required
@require_POST
def roadmap_changes(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask for changes of an approved plan."""
    roadmap = visible(request, pk)
    check_may_act(request.user, roadmap)
    form = ChangesForm(request.POST, auto_id="changes-%s")
    if not form.is_valid() and roadmap.status in CHANGEABLE:
        context = _page_of(roadmap, request.user, form)
        return render(request, "roadmaps/roadmap_detail.html", context, status=400)

    def ask(roadmap: Roadmap, *, by: User) -> None:
        request_changes(roadmap, by=by, comment=form.cleaned_data.get("comment", ""))

    return _change(
        request,
        pk,
        ask,
        _("The plan is being changed. Your course stays as it is until it is approved."),
    )


def _change(request: HttpRequest, pk: uuid.UUID, change: Any, done: str) -> HttpResponse:
    roadmap = visible(request, pk)
    try:
        change(roadmap, by=request.user)
        messages.success(request, done)
    except InvalidTransition as exc:
        messages.error(request, str(exc))
    except ValidationError as exc:
        messages.error(request, " ".join(exc.messages))
    return redirect(roadmap)


def visible(request: HttpRequest, pk: uuid.UUID) -> Roadmap:
    """404, not 403: a stranger learns nothing, not even that it exists."""
    return get_object_or_404(Roadmap.objects.visible_to(request.user), pk=pk)


def own(request: HttpRequest, pk: uuid.UUID) -> Roadmap:
    """The roadmap for what only its owner does; PermissionDenied for others who may look at it."""
    roadmap = visible(request, pk)
    check_owner(request.user, roadmap)
    return roadmap


def signed_in(request: HttpRequest) -> User:
    """The person behind a `login_required` view."""
    assert isinstance(request.user, User)
    return request.user
