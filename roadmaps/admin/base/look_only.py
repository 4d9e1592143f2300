"""Admin of rows that only Cairn itself writes: people look at them, and change nothing."""

from functools import cache
from typing import Any, cast

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from unfold.admin import ModelAdmin, checkbox
from unfold.decorators import display
from unfold.templatetags import unfold_list
from unfold.views import ChangeList

from roadmaps.admin.base.guarded import GuardedAdmin
from roadmaps.admin.base.paging import InfinitePaginator

_result_headers = unfold_list.result_headers


def result_headers(changelist: ChangeList) -> list[dict[str, Any]]:
    """Headers of all columns, with their addresses, made once for a list; Unfold makes them again
    for each row.
    """
    if not hasattr(changelist, "headers"):
        changelist.headers = list(_result_headers(changelist))
    return cast("list[dict[str, Any]]", changelist.headers)


unfold_list.result_headers = result_headers


@cache
def checkbox_html(language: str) -> str:
    """Checkbox of a row, with a place for its key.

    A widget is written by three templates, which is much for each of many rows.
    """
    return str(checkbox.render(ACTION_CHECKBOX_NAME, "{}"))


class LookOnlyAdmin(GuardedAdmin):
    """Rows that only Cairn itself writes. Its lists are never counted, so their size costs
    nothing.
    """

    paginator = InfinitePaginator
    show_full_result_count = False
    # Unfold's templates ask for it in each row, and a missing attribute takes longest.
    list_sections = ()

    def key(self, object_id: str) -> Any:
        """The key that an address names; 404 for a text that can't be a key of this model."""
        try:
            return self.model._meta.pk.to_python(unquote(object_id))
        except ValidationError as exc:
            raise Http404(f"There is no {self.opts.verbose_name} “{object_id}”.") from exc

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Any) -> SafeString:
        return format_html(checkbox_html(get_language()), obj.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
