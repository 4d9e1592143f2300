"""Content by state, with a rewrite for each artifact."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display

from content.models import ARTIFACTS, Question, Quiz, Resource, ResourceList, Tutorial
from content.services import retry_artifact
from logs_app.admin import LookOnlyAdmin
from roadmaps.admin import services_by_row

STATUS_COLOURS = {"READY": "success", "GENERATING": "info", "PENDING": "warning", "FAILED": "danger"}


class ArtifactAdmin(LookOnlyAdmin):
    list_display: Any = ("concept", "roadmap", "state", "error", "model", "edition", "updated_at")
    list_filter = ("status", "model", "updated_at")
    search_fields = ("concept__title", "concept__roadmap__title", "=concept__roadmap__id")
    list_select_related = ("concept__roadmap",)
    show_full_result_count = False
    actions = ("rewrite_selected",)

    def has_rewrite_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"content.change_{self.opts.model_name}")

    @display(description="Roadmap", ordering="concept__roadmap__title")
    def roadmap(self, artifact: Any) -> str:
        return str(artifact.concept.roadmap)

    @display(description="State", ordering="status", label=STATUS_COLOURS)
    def state(self, artifact: Any) -> tuple[str, str]:
        return artifact.status, artifact.get_status_display()

    @admin.action(description="Write anew", permissions=["rewrite"])
    def rewrite_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        kind = next(kind for kind, model in ARTIFACTS.items() if model is self.model)
        asked = services_by_row.call(
            request, queryset, lambda row: retry_artifact(row.concept, kind), "will be rewritten"
        )
        for artifact in asked:
            self.log_change(request, artifact, "rewrite asked for")


class ResourceInline(TabularInline):  # type: ignore[misc]
    model = Resource
    fields = ("order", "title", "url", "kind", "language", "note")
    extra = 0


class QuestionInline(TabularInline):  # type: ignore[misc]
    model = Question
    fields = ("order", "text", "options", "correct_indexes", "explanation")
    extra = 0


@admin.register(Tutorial)
class TutorialAdmin(ArtifactAdmin):
    pass


@admin.register(ResourceList)
class ResourceListAdmin(ArtifactAdmin):
    inlines = (ResourceInline,)


@admin.register(Quiz)
class QuizAdmin(ArtifactAdmin):
    inlines = (QuestionInline,)
