"""Pages of a roadmap for its learner: home, list, detail, and the acts that change its course."""

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
from roadmaps.pages.access import paced
from roadmaps.plan import shape
from roadmaps.request import estimates
from roadmaps.request.forms import ChangesForm
from roadmaps.review.auto_approval import people_decide
from roadmaps.runs.changes import CHANGEABLE, may_be_reviewed, request_changes
from roadmaps.services import RETRYABLE, cancel_run, retry_run

PAGE_SIZE = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"people_decide": people_decide()})


@login_required
@require_safe
def roadmap_list(request: HttpRequest) -> HttpResponse:
    """A learner's own roadmaps, newest first; `?status=` shows those in one state."""
    roadmaps = Roadmap.objects.kept().filter(owner=request.user.pk)
    counts = dict(roadmaps.order_by().values_list("status").annotate(Count("pk")))
    status = request.GET.get("status", "")
    if status in counts:
        roadmaps = roadmaps.filter(status=status)
    else:
        status = ""
    states = [(state, state.label, counts[state]) for state in RoadmapStatus if state in counts]
    context = {
        "page": Paginator(roadmaps, PAGE_SIZE).get_page(request.GET.get("page")),
        "states": states,
        "wanted": status,
        "all": sum(counts.values()),
    }
    return render(request, "roadmaps/roadmap_list.html", context)


@login_required
@require_safe
def roadmap_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The page; to htmx only the parts that change while the roadmap moves."""
    context = _page_of(visible(request, pk), request.user)
    template = "roadmaps/roadmap_detail.html"
    if getattr(request, "htmx", False):
        template = "roadmaps/_roadmap_live.html"
    return render(request, template, context)


def _page_of(roadmap: Roadmap, user: Person, form: ChangesForm | None = None) -> dict[str, Any]:
    """The page with the acts that its state and `user`'s rights allow."""
    events = [sentences.event_in_words(event) for event in events_of(roadmap.pk)]
    reviews = list(roadmap.reviews.select_related("draft", "decided_by"))
    allowed = may_act(user, roadmap)
    cancellable = roadmap.status in TRANSITIONS[RoadmapStatus.CANCELLED] or roadmap.is_changing
    unreviewed = may_be_reviewed(roadmap)
    incomplete = unreviewed and roadmap.status == RoadmapStatus.PARTIAL
    if roadmap.status not in CHANGEABLE or incomplete or not allowed:
        form = None
    elif form is None:
        form = ChangesForm(auto_id="changes-%s")

    # A plan that waits decides what is to be written; of a course most of it is there already.
    estimate = None
    waiting = next((review for review in reviews if review.status == ReviewStatus.PENDING), None)
    if waiting and not roadmap.is_changing:
        plan = waiting.draft.plan
        estimate = estimates.for_plan(len(plan["stages"]), len(list(shape.concepts(plan))))
    return {
        "roadmap": roadmap,
        "events": events,
        "reviews": [review for review in reviews if review.status != ReviewStatus.PENDING],
        "flow": _flow(roadmap, events, reviews),
        "estimate": estimate,
        "cancellable": allowed and cancellable,
        "retryable": allowed and roadmap.status in RETRYABLE and not unreviewed,
        "unreviewed": allowed and unreviewed,
        "reviewed": any(review.status == ReviewStatus.APPROVED for review in reviews),
        "changes_form": form,
        "connect": CONNECT_A_MODEL,
    }


def _flow(
    roadmap: Roadmap, events: list[dict[str, Any]], reviews: list[Review]
) -> workflow_state.Flow:
    """The state of each node of the workflow, from all events of it that are still there."""
    by_id = {}
    for event in [*written_events(roadmap.pk, workflow_state.FLOW_EVENTS), *events]:
        if event["event"] in workflow_state.FLOW_EVENTS:
            by_id[event["id"]] = event
    in_order = sorted(by_id.values(), key=lambda event: event["sequence"])

    rounds = sum(review.status == ReviewStatus.CHANGES_REQUESTED for review in reviews)
    rounds += len({review.draft_id for review in reviews if review.draft.origin in Draft.ASKED})
    return workflow_state.flow_of(roadmap, in_order, rounds)


@login_required
@require_POST
def roadmap_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(
        request, pk, cancel_run, _("Cancelled. What is there stays, and you can go on later.")
    )


@login_required
@require_POST
@paced("design", "POST")
def roadmap_retry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _change(request, pk, retry_run, _("It goes on from where it stopped."))


@login_required
@require_POST
@paced("design", "POST")
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

    success = _("The plan is being changed. Your course stays as it is until it is approved.")
    return _change(request, pk, ask, success)


def _change(request: HttpRequest, pk: uuid.UUID, change: Any, success: str) -> HttpResponse:
    roadmap = visible(request, pk)
    try:
        change(roadmap, by=request.user)
        messages.success(request, success)
    except InvalidTransition as exc:
        messages.error(request, str(exc))
    except ValidationError as exc:
        messages.error(request, " ".join(exc.messages))
    return redirect(roadmap)


def visible(request: HttpRequest, pk: uuid.UUID) -> Roadmap:
    """The roadmap, or 404, not 403: a stranger learns nothing, not even that it exists."""
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
