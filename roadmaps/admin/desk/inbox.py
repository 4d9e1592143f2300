"""Inbox of reviews: pending first, what is needed to choose one, and decisions on many at once."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timesince import timesince, timeuntil
from unfold.decorators import display

from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.admin.desk.acts import AT_ONCE, DeskActs
from roadmaps.admin.desk.bulk import SEEN
from roadmaps.admin.desk.filters import FILTERS
from roadmaps.admin.desk.tabs import tabs
from roadmaps.models import Review, ReviewStatus, Roadmap
from roadmaps.models.search import found_by
from roadmaps.people import time_zones
from roadmaps.people.time_zones import ago

# A review that was superseded has no decision, and comes last.
NEWEST_DECISION = (F("decided_at").desc(nulls_last=True), "-id")


class InboxAdmin(DeskActs, LookOnlyAdmin):
    list_display = ("plan", "state", "score_and_critical", "age", "due", "who")
    list_filter = ("status", *FILTERS)
    search_fields = ("roadmap__title", "roadmap__goal", "roadmap__owner__username")
    search_help_text = "Beginnings of words of plan and goal, the learner, or a roadmap's id"
    list_select_related = ("roadmap__owner", "assigned_to", "claimed_by")
    linked_lookups = ("decided_at__gte", "decided_at__isnull")
    list_per_page = 30
    list_fullwidth = True
    list_disable_select_all = True
    list_before_template = "admin/roadmaps/inbox.html"
    ordering = ("waiting_since", *NEWEST_DECISION)

    class Media:
        css = {"all": ("cairn/inbox.css",)}
        js = ("cairn/inbox.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        mine = ExpressionWrapper(Q(claimed_by=request.user.pk), BooleanField())
        rows: QuerySet[Review] = super().get_queryset(request).annotate(claimed_by_me=mine)
        return rows

    def get_ordering(self, request: HttpRequest) -> Any:
        """A list of decided reviews begins with the newest decision."""
        status = request.GET.get("status__exact", "")
        decided = status not in ("", ReviewStatus.PENDING) or any(
            name.startswith("decided_at") for name in request.GET
        )
        return NEWEST_DECISION if decided else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Review], search_term: str
    ) -> tuple[QuerySet[Review], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(roadmap__in=found_by(search_term, Roadmap.objects.order_by())), False

    def get_list_display(self, request: HttpRequest) -> Any:
        if not self.has_decide_permission(request):
            return self.list_display
        return (*self.list_display, "act")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, (extra_context or {}) | {"tabs": tabs(request)})

    @display(description="Plan and learner", ordering="roadmap__title")
    def plan(self, review: Review) -> SafeString:
        roadmap = review.roadmap
        goal = ""
        if str(roadmap) != roadmap.goal:
            goal = Truncator(roadmap.goal).chars(90)
        return _cell("plan", roadmap=roadmap, goal=goal)

    @display(description="State, round", ordering="round")
    def state(self, review: Review) -> SafeString:
        return _cell("state", review=review)

    @display(description="Score", ordering="score")
    def score_and_critical(self, review: Review) -> SafeString:
        return _cell("score", review=review)

    @display(description="Age", ordering="pk")
    def age(self, review: Review) -> SafeString:
        return moment(review.created_at, timesince(review.created_at, depth=1))

    @display(description="Who", ordering="assigned_to__username")
    def who(self, review: Review) -> SafeString:
        if review.status == ReviewStatus.PENDING:
            return _cell("who", review=review, claim=review.claim_in_words().rstrip("."))
        decided = review.decided_at and moment(review.decided_at, ago(review.decided_at))
        return _cell("who", review=review, decided=decided)

    @display(description="Due", ordering="due_at")
    def due(self, review: Review) -> SafeString | str:
        if review.status != ReviewStatus.PENDING or review.due_at is None:
            return "–"
        remaining = review.due_at - timezone.now()
        if remaining > timedelta():
            # Rounded, not cut: what is due in 47 hours and a half is due in 2 days.
            half_a_unit = timedelta(minutes=30)
            if remaining >= timedelta(days=1):
                half_a_unit = timedelta(hours=12)
            return moment(review.due_at, f"in {timeuntil(review.due_at + half_a_unit, depth=1)}")
        late = moment(review.due_at, f"{timesince(review.due_at, depth=1)} overdue")
        return format_html('<strong class="late">{}</strong>', late)

    @display(description="Do")
    def act(self, review: Review) -> SafeString | str:
        """Buttons of the list's own form, which go to other addresses: they post, and the keyboard
        reaches them.
        """
        if review.status != ReviewStatus.PENDING:
            return ""
        acts = [("claim", "Claim")]
        if review.claimed_by_me and review.claim_in_words():  # type: ignore[attr-defined]
            acts = [("release", "Release")]
        acts += [(decision.name, decision.verb) for decision in AT_ONCE.values()]
        addresses = [
            (reverse("admin:roadmaps_review_act", args=[review.pk, act]), label)
            for act, label in acts
        ]
        return _cell("act", review=review, acts=addresses, seen=SEEN)


def _cell(column: str, **context: Any) -> SafeString:
    return render_to_string(f"admin/roadmaps/_inbox_{column}.html", context)


def moment(time: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        time.isoformat(),
        time_zones.in_words(time),
        text,
    )
