"""The admin's list of shared courses, where the staff takes one out of the gallery."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from roadmaps.admin.base import apply_to_rows
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.models import Roadmap
from roadmaps.models.search import found_by
from sharing.models import Share
from sharing.services import let_in_again, take_out


@admin.register(Share)
class ShareAdmin(LookOnlyAdmin):
    list_display: Any = ("roadmap", "owner", "in_gallery", "uses", "listed_at", "taken_out_at")
    list_select_related = ("roadmap__owner",)
    list_filter = (
        ("listed_at", admin.EmptyFieldListFilter),
        ("taken_out_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("roadmap__title",)
    search_help_text = "Beginnings of words of title and goal, the owner, or a roadmap's id"
    ordering = ("-listed_at", "-pk")
    list_per_page = 50
    actions = ("take_out_selected", "let_in_selected")
    fields = ("roadmap", "created_at", "listed_at", "taken_out_at", "uses")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            found = found_by(search_term, Roadmap.objects.order_by())
            queryset = queryset.filter(roadmap__in=found)
        return queryset, False

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sharing.change_share")

    @display(description="Owner")
    def owner(self, share: Share) -> str:
        return share.roadmap.owner.get_username()

    @display(description="In the gallery", boolean=True)
    def in_gallery(self, share: Share) -> bool:
        return share.listed_at is not None

    @admin.action(description="Take out of the gallery", permissions=["moderate"])
    def take_out_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for share in apply_to_rows.call(request, queryset, take_out, "taken out of the gallery"):
            self.log_change(request, share, "taken out of the gallery")

    @admin.action(description="Let into the gallery again", permissions=["moderate"])
    def let_in_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for share in apply_to_rows.call(request, queryset, let_in_again, "may be listed again"):
            self.log_change(request, share, "may be listed again")
