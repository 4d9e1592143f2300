"""Filters by which a reviewer narrows the inbox down.

Only the one of languages reads the database to show itself.
"""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from roadmaps.models import Review


class DeskFilter(SimpleListFilter):
    title = "whose it is"
    parameter_name = "desk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "Mine"), ("unassigned", "Unassigned"), ("claimed", "Being reviewed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        conditions = {
            "mine": Q(status="PENDING")
            & (Q(assigned_to=request.user.pk) | Q(claimed_by=request.user.pk)),
            "unassigned": Q(status="PENDING", assigned_to=None),
            "claimed": Q(status="PENDING", claimed_until__gt=Now()),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class DueFilter(SimpleListFilter):
    title = "due time"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("later", "Not yet due")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        conditions = {
            "overdue": Q(status="PENDING", due_at__lt=Now()),
            "later": Q(status="PENDING") & (Q(due_at__gte=Now()) | Q(due_at=None)),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class RoundFilter(SimpleListFilter):
    title = "round"
    parameter_name = "rounds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("first", "First look"), ("later", "Round 2 and later")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        conditions = {"first": Q(round=1), "later": Q(round__gt=1)}
        return queryset.filter(conditions.get(self.value() or "", Q()))


class CriticalFilter(SimpleListFilter):
    title = "critical issues"
    parameter_name = "critical"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Unresolved"), ("none", "None")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        conditions = {"open": Q(open_critical__gt=0), "none": Q(open_critical=0)}
        return queryset.filter(conditions.get(self.value() or "", Q()))


class LanguageFilter(SimpleListFilter):
    """Languages of the pending reviews; to list those of all reviews would read every row."""

    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        waiting = (
            Review.objects.pending()
            .order_by("language")
            .values_list("language", flat=True)
            .distinct()
        )
        languages = set(waiting[:100]) | set(request.GET.getlist("language")[:1])
        return [(language, language) for language in sorted(languages - {""})]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        if not self.value():
            return queryset
        return queryset.filter(language=self.value())


FILTERS = (DeskFilter, DueFilter, RoundFilter, CriticalFilter, LanguageFilter)
