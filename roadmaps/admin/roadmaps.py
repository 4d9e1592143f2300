"""Roadmaps for the operator: state, reason of a failure, retry, cancel, return to a checkpoint."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, MultipleChoicesDropdownFilter
from unfold.decorators import action, display

from roadmaps.admin import checkpoints
from roadmaps.admin.base import apply_to_rows
from roadmaps.admin.base.dialogs import confirmed, leave_for
from roadmaps.admin.base.filters import FewValuesFilter, TimesFilter
from roadmaps.admin.base.guarded import OfferedChangeList
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.admin.operations import formatting
from roadmaps.admin.roadmap_page import STATUS_COLOURS, page_of
from roadmaps.models import TRANSITIONS, ModelCall, Review, Roadmap, RoadmapStatus
from roadmaps.models.permissions import CHANGE_ROADMAP
from roadmaps.models.search import found_by
from roadmaps.operations import statistics
from roadmaps.request.fields import FIELDS
from roadmaps.runs.time_travel import resume_from
from roadmaps.services import RETRYABLE, cancel_run, retry_run

IN_WORDS = {"formats": "wanted_formats"}
# Without the goal, which is the page's title as long as there is no better one.
REQUEST = [
    field.name for field in FIELDS if field.section in ("goal", "time") and field.name != "goal"
]
LEARNER = [IN_WORDS.get(field.name, field.name) for field in FIELDS if field.section == "about"]


class RoadmapChangeList(OfferedChangeList):
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Rows of this page with their rounds and model calls, in a query each."""
        super().get_results(request)
        roadmaps: list[Any] = list(self.result_list)
        reviews = Review.objects.filter(roadmap__in=roadmaps).order_by()
        rounds = dict(reviews.values_list("roadmap").annotate(Count("pk")))

        thread_ids = [roadmap.thread_id for roadmap in roadmaps]
        calls = ModelCall.objects.filter(thread_id__in=thread_ids)
        spent: dict[Any, list[dict[str, Any]]] = {}
        for row in statistics.spend("thread_id", calls=calls):
            spent.setdefault(row["thread_id"], []).append(row)

        for roadmap in roadmaps:
            roadmap.rounds = rounds.get(roadmap.pk, 0)
            roadmap.spent = statistics.total(spent.get(roadmap.thread_id, []))
        self.result_list = roadmaps


class TrashFilter(admin.SimpleListFilter):
    """Filter by the trash: roadmaps that owners have thrown away show only when asked for."""

    title = "in the trash"
    parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in", "In the trash"), ("all", "Everywhere")]

    def choices(self, changelist: Any) -> Any:
        default, *rest = super().choices(changelist)
        return [{**default, "display": "Not in the trash"}, *rest]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        if self.value() == "in":
            return queryset.trashed()
        return queryset.kept()


@admin.register(Roadmap)
class RoadmapAdmin(LookOnlyAdmin):
    list_display = (
        "plan",
        "owner",
        "state",
        "rounds",
        "tokens",
        "cost",
        "created_at",
        "updated_at",
    )
    list_filter = (
        ("status", MultipleChoicesDropdownFilter),
        ("level", ChoicesDropdownFilter),
        ("language", FewValuesFilter),
        "made_without_model",
        ("created_at", TimesFilter),
        TrashFilter,
    )
    linked_lookups = ("status__in",)
    search_fields = ("title", "goal", "owner__username")
    search_help_text = (
        "Beginnings of words of title and goal, the learner, or the id of a roadmap, thread or run"
    )
    list_select_related = ("owner",)
    list_filter_submit = True
    list_per_page = 50
    actions = ("retry_selected", "cancel_selected")
    actions_detail = ("retry_one", "cancel_one", "go_to_checkpoints")
    change_form_outer_before_template = "admin/roadmaps/roadmap_page.html"
    readonly_fields = ("wanted_formats",)
    fieldsets = tuple(
        (name, {"fields": fields, "classes": ["tab"]})
        for name, fields in {
            "Request": ("owner", *REQUEST),
            "Learner": LEARNER,
            "Run": ("thread_id", "run_id", "attempts", "dispatched_at", "created_at", "updated_at"),
        }.items()
    )

    def view_on_site(self, roadmap: Roadmap) -> str:
        return roadmap.get_absolute_url()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RoadmapChangeList]:
        return RoadmapChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            queryset = found_by(search_term, queryset)
        return queryset, False

    def has_run_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The right to retry and cancel: that to change roadmaps, whose fields nobody edits."""
        return request.user.has_perm(CHANGE_ROADMAP)

    @display(description="Roadmap", ordering="title")
    def plan(self, roadmap: Roadmap) -> str:
        return str(roadmap)

    @display(description="State", ordering="status", label=STATUS_COLOURS)
    def state(self, roadmap: Roadmap) -> tuple[str, str]:
        return roadmap.status, roadmap.get_status_display()

    @display(description="Ways to learn")
    def wanted_formats(self, roadmap: Roadmap) -> str:
        return ", ".join(roadmap.formats) or "any"

    @display(description="Rounds")
    def rounds(self, roadmap: Any) -> int:
        return int(roadmap.rounds)

    @display(description="Tokens")
    def tokens(self, roadmap: Any) -> str:
        return formatting.count(roadmap.spent["input_tokens"] + roadmap.spent["output_tokens"])

    @display(description="Cost")
    def cost(self, roadmap: Any) -> str:
        return formatting.money(roadmap.spent["cost"]) or "–"

    @admin.action(description="Retry from the last step", permissions=["run"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Roadmap]) -> None:
        self._call(request, queryset, retry_run, "queued again")

    @admin.action(description="Cancel", permissions=["run"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Roadmap]) -> None:
        self._call(request, queryset, cancel_run, "cancelled")

    @confirmed(
        "Retry",
        "It goes on from its last step; what is done is not paid again.",
        icon="replay",
        permission="run",
    )
    def retry_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._call_one(request, object_id, retry_run, "queued again")

    @confirmed(
        "Cancel",
        "It stops where it is. A retry goes on from there.",
        icon="cancel",
        permission="run",
        danger=True,
    )
    def cancel_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._call_one(request, object_id, cancel_run, "cancelled")

    @action(
        description="Checkpoints",
        icon="history",
        url_path="go-to-checkpoints",
        permissions=["view"],
    )
    def go_to_checkpoints(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:roadmaps_roadmap_checkpoints", self.key(object_id))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the actions that the roadmap's state allows now."""
        rows = Roadmap.objects.filter(pk=self.key(object_id))
        status = rows.values_list("status", flat=True).first()
        pointless = {
            "roadmaps_roadmap_retry_one": status not in RETRYABLE,
            "roadmaps_roadmap_cancel_one": status not in TRANSITIONS[RoadmapStatus.CANCELLED],
        }
        actions = super().get_actions_detail(request, object_id)
        return [entry for entry in actions if not pointless.get(entry.action_name)]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.checkpoints_view)
        return [
            path("<uuid:pk>/checkpoints/", view, name="roadmaps_roadmap_checkpoints"),
            *super().get_urls(),
        ]

    def checkpoints_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """The thread's history; a POST goes on from the chosen checkpoint."""
        may_run = self.has_run_permission(request)
        if not self.has_view_permission(request):
            raise PermissionDenied
        roadmap = get_object_or_404(Roadmap, pk=pk)
        if request.method == "POST":
            if not may_run:
                raise PermissionDenied
            checkpoint_id = request.POST.get("checkpoint", "")

            def resume(roadmap: Roadmap, *, by: Any) -> None:
                resume_from(roadmap, checkpoint_id, by=by)

            self._call(request, [roadmap], resume, "sent on from there")
            return redirect("admin:roadmaps_roadmap_change", pk)

        context = self.admin_site.each_context(request)
        context |= {"title": f"Checkpoints of {roadmap}", "opts": self.opts}
        context |= checkpoints.page_of(roadmap, request.GET.get("before", ""), may_run=may_run)
        return TemplateResponse(request, "admin/roadmaps/checkpoints.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        roadmap = Roadmap.objects.select_related("owner").filter(pk=self.key(object_id)).first()
        if roadmap is not None:
            extra_context = (extra_context or {}) | page_of(roadmap, request)
        return super().change_view(request, object_id, form_url, extra_context)

    def _call_one(
        self, request: HttpRequest, object_id: str, service: Any, outcome: str
    ) -> HttpResponse:
        roadmap = get_object_or_404(Roadmap, pk=self.key(object_id))
        self._call(request, [roadmap], service, outcome)
        return leave_for(request, reverse("admin:roadmaps_roadmap_change", args=[object_id]))

    def _call(
        self, request: HttpRequest, roadmaps: Iterable[Roadmap], service: Any, outcome: str
    ) -> None:
        apply_to_rows.call(
            request, roadmaps, lambda roadmap: service(roadmap, by=request.user), outcome
        )
