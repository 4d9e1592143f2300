"""Drafts: each version of a plan, what changed in it, and its issues."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from roadmaps.admin.base.filters import TimesFilter, UuidFilter
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.admin.review.plan import SEVERITIES
from roadmaps.models import Draft
from roadmaps.plan import shape


class RoadmapFilter(UuidFilter):
    title = "roadmap (its id)"
    parameter_name = lookup = "roadmap_id"


@admin.register(Draft)
class DraftAdmin(LookOnlyAdmin):
    list_display = ("title", "number", "origin", "score", "decision", "created_at")
    list_filter = (("created_at", TimesFilter), ("origin", ChoicesDropdownFilter), RoadmapFilter)
    ordering = ("-pk",)
    sortable_by = ()
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ("roadmap", "review")
    fields = ("created_at",)
    change_form_outer_before_template = "admin/roadmaps/draft_page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Draft]:
        """The plan is large, so a list goes without it."""
        rows = super().get_queryset(request).select_related("roadmap", "review")
        listed: QuerySet[Draft] = rows.defer("plan", "report", "operations").annotate(
            points=KeyTextTransform("score", F("report"))
        )
        return listed

    @display(description="Roadmap")
    def title(self, draft: Draft) -> str:
        return str(draft.roadmap)

    @display(description="Score")
    def score(self, draft: Any) -> str:
        return draft.points or "–"

    @display(description="Review")
    def decision(self, draft: Draft) -> str:
        if not hasattr(draft, "review"):
            return "–"
        return draft.review.get_status_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        draft = (
            Draft.objects.select_related("roadmap", "review").filter(pk=self.key(object_id)).first()
        )
        if draft is not None:
            extra_context = (extra_context or {}) | page_of(draft)
        return super().change_view(request, object_id, form_url, extra_context)


def page_of(draft: Draft) -> dict[str, Any]:
    titles = shape.titles(draft.plan)
    issues = [
        issue | {"place": titles.get(issue["location"], "the whole plan")}
        for issue in draft.report["issues"]
    ]
    drafts = Draft.objects.filter(roadmap=draft.roadmap_id).only("number")
    return {
        "draft": draft,
        "before": drafts.filter(number__lt=draft.number).order_by("-number").first(),
        "after": drafts.filter(number__gt=draft.number).order_by("number").first(),
        "issues": sorted(issues, key=lambda issue: SEVERITIES.index(issue["severity"])),
        "hours": draft.report["minutes"] / 60,
        "titles": titles,
    }
