"""Content by state, as its readers see it, with a rewrite for each artifact."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from content.artifacts.kinds import KINDS, Kind, kind_of
from content.artifacts.rewrites import retry_artifact
from content.exports.jobs import ask_for_export
from content.models import (
    ArtifactStatus,
    Export,
    ExportStatus,
)
from roadmaps.admin.base import apply_to_rows
from roadmaps.admin.base.dialogs import confirmed, leave_for
from roadmaps.admin.base.filters import FewValuesFilter, TimesFilter, UuidFilter
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.admin.navigation import Entry
from roadmaps.admin.operations import dashboard, failures, formatting
from roadmaps.models.ids import as_uuid
from roadmaps.models.search import of_concepts_found_by
from roadmaps.pages.roadmap import signed_in

STATUS_COLOURS = {
    "READY": "success",
    "GENERATING": "info",
    "PENDING": "warning",
    "FAILED": "danger",
}
EXPORT_COLOURS = {"READY": "success", "WRITING": "info", "PENDING": "warning", "FAILED": "danger"}
BARS = {
    "READY": "",
    "GENERATING": "bg-blue-500",
    "PENDING": "bg-orange-500",
    "FAILED": "bg-red-500",
}


class RoadmapFilter(UuidFilter):
    title = "roadmap (its id)"
    parameter_name = "roadmap"
    lookup = "concept__roadmap_id"


class ArtifactAdmin(LookOnlyAdmin):
    list_display: Any = ("concept", "roadmap", "state", "error", "model", "edition", "updated_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("model", FewValuesFilter),
        ("updated_at", TimesFilter),
        ("error", admin.EmptyFieldListFilter),
        RoadmapFilter,
    )
    search_fields = ("concept__title", "concept__roadmap__title")
    search_help_text = (
        "Beginnings of words of a concept's title, or of its roadmap's title and goal, or the"
        " roadmap's id"
    )
    list_select_related = ("concept__roadmap",)
    ordering = ("-updated_at",)
    list_filter_submit = True
    list_per_page = 50
    actions = ("rewrite_selected",)
    actions_detail = ("rewrite_one",)
    fields = ("status", "error", "model", "edition", "run_id", "dispatched_at", "updated_at")
    change_form_outer_before_template = "admin/content/artifact_page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).defer(*self.kind.long_fields)
        return rows

    @property
    def kind(self) -> Kind:
        return next(kind for kind in KINDS.values() if kind.model is self.model)

    def has_rewrite_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(self.kind.change_permission)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if roadmap_id := as_uuid(search_term):
            return queryset.filter(concept__roadmap_id=roadmap_id), False
        if search_term.strip():
            queryset = of_concepts_found_by(search_term, queryset)
        return queryset, False

    @display(description="Roadmap")
    def roadmap(self, artifact: Any) -> str:
        return str(artifact.concept.roadmap)

    @display(description="State", ordering="status", label=STATUS_COLOURS)
    def state(self, artifact: Any) -> tuple[str, str]:
        return artifact.status, artifact.get_status_display()

    @admin.action(description="Write anew", permissions=["rewrite"])
    def rewrite_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        apply_to_rows.call(
            request,
            queryset,
            lambda row: retry_artifact(row.concept, self.kind.name, by=signed_in(request)),
            "will be rewritten",
        )

    @confirmed(
        "Write anew",
        "What is there stays until the new text is ready.",
        icon="edit_note",
        permission="rewrite",
    )
    def rewrite_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        artifact = get_object_or_404(self.model, pk=self.key(object_id))
        self.rewrite_selected(
            request, self.model.objects.filter(pk=artifact.pk).select_related("concept")
        )
        return leave_for(
            request, reverse(f"admin:content_{self.opts.model_name}_change", args=[object_id])
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        rows = self.model.objects.select_related("concept__roadmap")
        if artifact := rows.filter(pk=self.key(object_id)).first():
            extra_context = {
                **(extra_context or {}),
                "artifact": artifact,
                "kind": self.kind,
                "title": str(artifact),
            }
        return super().change_view(request, object_id, form_url, extra_context)


for kind in KINDS.values():
    admin.site.register(kind.model, ArtifactAdmin)


def menu_entries() -> list[Entry]:
    """The menu's entries of the kinds' lists."""
    return [
        (kind.plural, kind.icon, kind.view_permission, kind.admin_list) for kind in KINDS.values()
    ]


class ExportRoadmapFilter(UuidFilter):
    title = "roadmap (its id)"
    parameter_name = lookup = "roadmap_id"


@admin.register(Export)
class ExportAdmin(LookOnlyAdmin):
    """Files that were asked for, without what is in them: that is its owner's."""

    list_display = ("course", "format", "owner", "state", "error", "dispatched_at", "expires_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("dispatched_at", TimesFilter),
        ExportRoadmapFilter,
    )
    list_select_related = ("roadmap", "owner")
    ordering = ("-dispatched_at", "-pk")
    sortable_by = ()
    list_filter_submit = True
    list_per_page = 50
    actions = ("write_selected",)
    actions_detail = ("write_one",)
    fields = (
        "course",
        "format",
        "owner",
        "status",
        "error",
        "attempts",
        "run_id",
        "dispatched_at",
        "expires_at",
    )
    readonly_fields = ("course",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).defer("file")
        return rows

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("content.change_export")

    @display(description="Course")
    def course(self, export: Export) -> str:
        return str(export.roadmap)

    @display(description="State", label=EXPORT_COLOURS)
    def state(self, export: Export) -> tuple[str, str]:
        return export.status, export.get_status_display()

    @admin.action(description="Write again", permissions=["write"])
    def write_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """For its owner: it takes the place of the one that failed."""
        exports = apply_to_rows.call(
            request,
            queryset,
            lambda row: ask_for_export(row.roadmap, row.format, by=row.owner),
            "will be written",
        )
        for export in exports:
            self.log_change(request, export, "written again on request")

    @confirmed("Write again", "It costs no model call.", icon="replay", permission="write")
    def write_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        export = get_object_or_404(Export.objects.without_file(), pk=self.key(object_id))
        self.write_selected(
            request, Export.objects.without_file().filter(pk=export.pk).select_related("roadmap")
        )
        return leave_for(request, reverse("admin:content_export_change", args=[object_id]))


def failed_artifacts(kind: Kind) -> QuerySet[Any]:
    """Also those of which an older text is there: a rewrite of it failed."""
    failed: QuerySet[Any] = kind.model.objects.exclude(error="").order_by("-updated_at")
    return failed.select_related("concept__roadmap").defer(*kind.long_fields)


def describe_artifact(request: HttpRequest, artifact: Any) -> failures.Failure:
    name = artifact._meta.model_name
    note = artifact.get_status_display().lower()
    if artifact.status == ArtifactStatus.READY:
        note = "what was there before is still shown"
    retry = reverse(f"admin:content_{name}_rewrite_one", args=[artifact.pk])
    may_retry = request.user.has_perm(kind_of(artifact).change_permission)
    return failures.Failure(
        what=f"{artifact.concept}, in {artifact.concept.roadmap}",
        address=reverse(f"admin:content_{name}_change", args=[artifact.pk]),
        reason=artifact.error,
        at=artifact.updated_at,
        note=note,
        retry=retry if may_retry else "",
    )


def failed_exports() -> QuerySet[Any]:
    rows = Export.objects.without_file().filter(status=ExportStatus.FAILED)
    return rows.select_related("roadmap").order_by("-dispatched_at", "-pk")


def describe_export(request: HttpRequest, export: Export) -> failures.Failure:
    retry = reverse("admin:content_export_write_one", args=[export.pk])
    return failures.Failure(
        what=f"{export.roadmap} as {export.format}",
        address=reverse("admin:content_export_change", args=[export.pk]),
        reason=export.error,
        at=export.dispatched_at,
        retry=retry if request.user.has_perm("content.change_export") else "",
    )


def changelist(kind: Kind, **filters: str) -> str:
    return dashboard.changelist(f"content_{kind.model._meta.model_name}", **filters)


failures.KINDS[1:1] = [
    *(
        failures.Kind(
            name=kind.name,
            title=kind.plural,
            permission=kind.view_permission,
            list_address=partial(changelist, kind, error__isempty="0"),
            rows=partial(failed_artifacts, kind),
            describe=describe_artifact,
            retry_note=(
                "A retry writes it anew, which is a model call; what is there stays until then."
            ),
        )
        for kind in KINDS.values()
    ),
    failures.Kind(
        name="exports",
        title="Exports",
        permission="content.view_export",
        list_address=partial(
            dashboard.changelist, "content_export", status__exact=ExportStatus.FAILED.value
        ),
        rows=failed_exports,
        describe=describe_export,
        retry_note="A retry writes the file again for its owner; no model is asked.",
    ),
]


def content_by_state() -> dict[str, Any]:
    """The dashboard's card: artifacts of each kind by state."""
    bars = []
    for kind in KINDS.values():
        rows = kind.model.objects.order_by()
        counts = {
            state: rows.filter(status=state)[: formatting.COUNTED_MAX + 1].count()
            for state in ArtifactStatus
        }
        total = sum(counts.values())
        states = [
            {
                "title": state.label,
                "count": formatting.counted(counts[state]),
                "value": f"{100 * counts[state] / total:.1f}",
                "progress_class": BARS[state],
                "bad": state == ArtifactStatus.FAILED,
                "link": changelist(kind, status__exact=state.value),
            }
            for state in ArtifactStatus
            if counts.get(state)
        ]
        bars.append({"title": str(kind.label), "total": total, "states": states})
    return {"kinds": bars}


BY_STATE = dashboard.Section(
    "content", "content.view_tutorial", "admin/content/_by_state.html", content_by_state
)
