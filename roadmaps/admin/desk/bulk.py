"""Decisions on the reviews that are ticked in the list."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from roadmaps.admin.base import apply_to_rows
from roadmaps.admin.base.guarded import GuardedAdmin
from roadmaps.models import Review, ReviewStatus
from roadmaps.people.numbers import whole_number
from roadmaps.review.decisions import DECISIONS, Decision, decide_review
from roadmaps.review.desk import assign_review, refuse_if_claimed
from roadmaps.review.reviewers import check_reviewer

SEEN = "seen"  # field of each row of the list: "review:draft"


def decide_action(decision: Decision) -> Any:
    """Action of the list that decides all reviews which are ticked."""
    name = f"{decision.name}_selected"
    description = decision.verb
    if decision.needs_comment:
        description += "…"

    @admin.action(description=description, permissions=["decide"])
    def decide_ticked(desk: "BulkDecisions", request: HttpRequest, _queryset: Any) -> Any:
        if not decision.needs_comment:
            desk.decide(request, ticked(request), decision.status, "")
            return None
        if "comment" in request.POST:
            desk.decide(request, ticked(request), decision.status, request.POST["comment"])
            return None
        context = desk.admin_site.each_context(request) | {
            "title": decision.verb,
            "reviews": ticked(request),
            "opts": desk.opts,
            "action": name,
        }
        return TemplateResponse(request, "admin/roadmaps/review_comment.html", context)

    decide_ticked.__name__ = name
    return decide_ticked


class BulkDecisions(GuardedAdmin):
    actions = (*map(decide_action, DECISIONS), "assign_to_me_selected")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("roadmaps.decide_review")

    def check_desk(self, request: HttpRequest) -> None:
        """Raise PermissionDenied for a person who may not see reviews, or not decide any.

        Before a review is read: an answer names it.
        """
        check_reviewer(cast("User", request.user))
        if not self.has_view_permission(request):
            raise PermissionDenied

    @admin.action(description="Assign to me", permissions=["decide"])
    def assign_to_me_selected(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        user = cast("User", request.user)
        apply_to_rows.call(
            request,
            ticked(request),
            lambda row: assign_review(row, user, by=user),
            "assigned to you",
        )

    def decide(
        self, request: HttpRequest, rows: Iterable[Review], decision: str, comment: str
    ) -> bool:
        """Decision on rows whose pages aren't open: one that a colleague is reviewing is skipped.

        True when any was decided.
        """
        return bool(self._call(request, rows, decision, comment, check=refuse_if_claimed))

    def decide_one(
        self, request: HttpRequest, review: Review, decision: str, comment: str, parts: list[str]
    ) -> bool:
        """Decision from a review's own page, which shows who else is reviewing it."""
        return bool(self._call(request, [review], decision, comment, parts=parts))

    def _call(
        self,
        request: HttpRequest,
        rows: Iterable[Review],
        decision: str,
        comment: str,
        *,
        parts: Iterable[str] = (),
        check: Callable[[Review, User], None] | None = None,
    ) -> list[Review]:
        user = cast("User", request.user)

        def service(review: Review) -> None:
            if check:
                check(review, user)
            decide_review(review, decision, by=user, comment=comment, parts=list(parts))

        return apply_to_rows.call(request, rows, service, ReviewStatus(decision).label.lower())


def ticked(request: HttpRequest) -> list[Review]:
    """Reviews that were ticked, also those that have left the list meanwhile: the queryset of an
    action has the list's filters.
    """
    keys = filter(None, map(whole_number, request.POST.getlist(ACTION_CHECKBOX_NAME)))
    reviews = Review.objects.filter(pk__in=keys).select_related("roadmap")
    reviews = reviews.order_by("waiting_since", "pk")
    return [as_seen(request, review) for review in reviews]


def as_seen(request: HttpRequest, review: Review) -> Review:
    """The review with the draft that its row was about: a decision on a plan that was edited
    meanwhile is refused, and one that names no draft.
    """
    drafts = dict(value.partition(":")[::2] for value in request.POST.getlist(SEEN))
    seen = whole_number(drafts.get(str(review.pk), ""))
    review.draft_id = seen  # type: ignore[assignment] # such a row is never saved
    return review
