"""Admin pages that give away and do no more than they offer: the base of every one of ours."""

from typing import Any

from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.views import ChangeList


class OfferedChangeList(ChangeList):
    """A list that only its own filters, and links of our other pages, narrow down.

    Django applies any lookup of the model's own fields that an address asks for, and the number of
    rows then tells a secret letter by letter.
    """

    def get_filters(self, request: HttpRequest) -> Any:
        filters = super().get_filters(request)
        # What no filter has taken for its own.
        left = set(filters[2]) - set(self.model_admin.linked_lookups)
        if left:
            raise DisallowedModelAdminLookup(f"Filtering by {', '.join(sorted(left))} not allowed")
        return filters


class GuardedAdmin(ModelAdmin):
    """Page of a model whose list is filtered by what it offers, and whose actions all ask for a
    permission: one that names none isn't offered to anybody.
    """

    linked_lookups: tuple[str, ...] = ()  # by which links of other pages narrow the list down
    view_on_site: Any = False  # an address may be a secret, as that of a shared course

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        return OfferedChangeList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        return {
            name: row for name, row in actions.items() if getattr(row[0], "allowed_permissions", ())
        }
