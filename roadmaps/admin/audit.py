"""Audit trail of the staff: Django's own record of changes in the admin, to look at."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from roadmaps.admin.base.look_only import LookOnlyAdmin


@admin.register(LogEntry)
class LogEntryAdmin(LookOnlyAdmin):
    list_display = ("action_time", "user", "done", "object_repr", "what")
    list_filter = ("action_flag",)
    list_select_related = ("user", "content_type")
    search_fields = ("=user__username", "=object_id")
    search_help_text = "Name of a colleague, or the key of a row"
    ordering = ("-id",)
    list_per_page = 50

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Colleagues first: a condition on another table in an OR keeps PostgreSQL from using its
        indexes.
        """
        if term := search_term.strip():
            colleagues = list(User.objects.filter(username__iexact=term).values_list("pk"))
            queryset = queryset.filter(Q(user__in=[pk for (pk,) in colleagues]) | Q(object_id=term))
        return queryset, False

    @display(description="Did")
    def done(self, entry: LogEntry) -> str:
        return str(entry.get_action_flag_display())

    @display(description="What")
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("admin.view_logentry")
