"""The review desk: pending reviews first, and one page to decide each."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import display

from logs_app.admin import LookOnlyAdmin
from roadmaps.admin import services_by_row
from roadmaps.admin.review_page import page_of
from roadmaps.models import Draft, Review, ReviewStatus
from roadmaps.services import DECISIONS, decide_review

STATUS_COLOURS = {"PENDING": "warning", "APPROVED": "success", "CHANGES_REQUESTED": "info", "REJECTED": "danger"}


@admin.register(Review)
class ReviewAdmin(LookOnlyAdmin):
    list_display = ("plan", "learner", "state", "round", "score", "critical", "created_at", "decided_by")
    list_filter = ("status", "roadmap__language", "created_at")
    search_fields = ("roadmap__title", "roadmap__goal", "roadmap__owner__username", "comment")
    list_select_related = ("roadmap__owner", "draft", "decided_by")
    list_per_page = 50
    show_full_result_count = False
    actions = ("approve_selected", "request_changes_selected", "reject_selected")
    fields = ("roadmap", "status", "decided_by", "decided_at", "comment")
    readonly_fields = fields
    change_form_outer_before_template = "admin/roadmaps/review_page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        rows: QuerySet[Review] = super().get_queryset(request).defer("draft__plan", "draft__operations")
        return rows

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Pending first, the longest waiting on top."""
        return (Case(When(status=ReviewStatus.PENDING, then=0), default=1), "created_at")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("roadmaps.decide_review")

    @display(description="Plan", ordering="roadmap__title")
    def plan(self, review: Review) -> str:
        return str(review.roadmap)

    @display(description="Learner", ordering="roadmap__owner__username")
    def learner(self, review: Review) -> str:
        return review.roadmap.owner.get_username()

    @display(description="State", ordering="status", label=STATUS_COLOURS)
    def state(self, review: Review) -> tuple[str, str]:
        return review.status, review.get_status_display()

    @display(description="Round", ordering="draft__number")
    def round(self, review: Review) -> int:
        return review.draft.number

    @display(description="Score")
    def score(self, review: Review) -> str:
        return f"{review.draft.report['score']} of 100"

    @display(description="Critical")
    def critical(self, review: Review) -> int:
        return sum(issue["severity"] == "critical" for issue in review.draft.report["issues"])

    @admin.action(description="Approve", permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._decide(request, queryset, ReviewStatus.APPROVED, "")

    @admin.action(description="Request changes…", permissions=["decide"])
    def request_changes_selected(self, request: HttpRequest, queryset: QuerySet[Review]) -> Any:
        return self._decide_with_comment(request, queryset, ReviewStatus.CHANGES_REQUESTED, "Request changes")

    @admin.action(description="Reject for good…", permissions=["decide"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Review]) -> Any:
        return self._decide_with_comment(request, queryset, ReviewStatus.REJECTED, "Reject for good")

    def _decide_with_comment(self, request: HttpRequest, queryset: QuerySet[Review], decision: str, title: str) -> Any:
        if "comment" in request.POST:
            self._decide(request, queryset, decision, request.POST["comment"])
            return None
        context = self.admin_site.each_context(request) | {"title": title, "reviews": queryset, "opts": self.opts}
        context["action"] = request.POST.get("action", "")
        return TemplateResponse(request, "admin/roadmaps/review_comment.html", context)

    def _decide(self, request: HttpRequest, rows: Any, decision: str, comment: str) -> bool:
        done, user = ReviewStatus(decision).label.lower(), cast("User", request.user)
        decided = services_by_row.call(
            request, rows, lambda row: decide_review(row, decision, by=user, comment=comment), done
        )
        for review in decided:
            self.log_change(request, review, f"{done}: {comment}" if comment else done)
        return bool(decided)

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide_view))
        return [path("<int:pk>/decide/", decide, name="roadmaps_review_decide"), *super().get_urls()]

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        review = get_object_or_404(Review, pk=pk)
        decision = request.POST.get("decision", "")
        if decision not in DECISIONS:
            self.message_user(request, f"Unknown decision {decision!r}.", level="error")
        elif self._decide(request, [review], decision, request.POST.get("comment", "")):
            return redirect("admin:roadmaps_review_changelist")
        return HttpResponseRedirect(reverse("admin:roadmaps_review_change", args=[pk]))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        review = Review.objects.select_related("roadmap__owner", "draft").filter(pk=object_id).first()
        if review is not None:
            may_decide = self.has_decide_permission(request) and review.status == ReviewStatus.PENDING
            extra_context = (extra_context or {}) | page_of(review) | {"may_decide": may_decide}
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(Draft)
class DraftAdmin(LookOnlyAdmin):
    list_display = ("roadmap", "number", "origin", "created_at")
    list_filter = ("origin",)
    search_fields = ("roadmap__title", "roadmap__goal")
    list_select_related = ("roadmap",)
    fields = ("roadmap", "number", "origin", "created_at", "decision", "operations", "report", "plan")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("roadmap", "review")

    @display(description="Review")
    def decision(self, draft: Draft) -> SafeString | str:
        if not hasattr(draft, "review"):
            return "-"
        url = reverse("admin:roadmaps_review_change", args=[draft.review.pk])
        return format_html('<a href="{}">{}</a>', url, draft.review.get_status_display())
