"""Journal of model calls: prompts, answers, tokens and cost, and the attempts that failed."""

import contextlib
import json
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from roadmaps.admin.base.filters import FewValuesFilter, TimesFilter, UuidFilter, distinct_values
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.admin.operations import formatting
from roadmaps.llm.labels import BUILT_IN_AUTHOR, reason_in_words
from roadmaps.models import ModelCall, ModelFailure, Roadmap
from roadmaps.models.ids import as_uuid
from roadmaps.operations import statistics

READ_TEXT = "roadmaps.view_modelcall_text"
LOOKED = "Read the prompt and the answer."
SPEAKERS = {"system": "Instructions", "human": "Request", "ai": "Answer before"}


class ThreadFilter(UuidFilter):
    title = "thread (its id)"
    parameter_name = lookup = "thread_id"


def found_by_thread(queryset: QuerySet[Any], search_term: str) -> QuerySet[Any]:
    if not search_term:
        return queryset
    if thread_id := as_uuid(search_term):
        return queryset.filter(thread_id=thread_id)
    return queryset.none()


@admin.register(ModelCall)
class ModelCallAdmin(LookOnlyAdmin):
    list_display = (
        "created_at",
        "role",
        "model",
        "input_tokens",
        "output_tokens",
        "took",
        "price",
        "thread_id",
    )
    list_filter = (
        ("created_at", TimesFilter),
        ("role", FewValuesFilter),
        ("model", FewValuesFilter),
        ThreadFilter,
    )
    linked_lookups = ("created_at__gte",)
    search_fields = ("=thread_id",)
    search_help_text = "A roadmap's thread id"
    ordering = ("-pk",)
    sortable_by = ()
    list_filter_submit = True
    list_per_page = 50
    change_form_outer_before_template = "admin/roadmaps/model_call_page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelCall]:
        rows: QuerySet[ModelCall] = super().get_queryset(request).defer("answer", "prompt")
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return found_by_thread(queryset, search_term), False

    @display(description="Seconds")
    def took(self, call: ModelCall) -> str:
        return f"{call.seconds:.1f}"

    @display(description="Cost")
    def price(self, call: ModelCall) -> str:
        return _cost_of(call) or "–"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """No fieldsets: the template above the form shows everything."""
        return []

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        call = ModelCall.objects.filter(pk=self.key(object_id)).first()
        if call is not None and self.has_view_permission(request, call):
            page = page_of(call, may_read=request.user.has_perm(READ_TEXT))
            if page["prompt"] or page["answer"]:
                self.log_change(request, call, LOOKED)
            extra_context = (extra_context or {}) | page
        return super().change_view(request, object_id, form_url, extra_context)


def page_of(call: ModelCall, *, may_read: bool) -> dict[str, Any]:
    """Numbers for everybody who sees the page; prompt and answer only for who may read them."""
    numbers = {
        "Asked": call.created_at,
        "Tokens in": f"{call.input_tokens:,}",
        "Tokens out": f"{call.output_tokens:,}",
        "Seconds": f"{call.seconds:.1f}",
        "Cost": _cost_of(call) or "no price is known",
    }
    prompt = []
    if may_read and isinstance(call.prompt, list):
        for message in call.prompt:
            speaker = SPEAKERS.get(message["role"], message["role"])
            text = message["text"]
            with contextlib.suppress(ValueError):  # JSON on several lines; anything else as it is
                text = _indented(json.loads(text))
            prompt.append((speaker, text))
    answer = ""
    if may_read and call.answer:
        answer = _indented(call.answer)
    return {
        "call": call,
        "title": str(call),
        "numbers": numbers,
        "roadmap": Roadmap.objects.filter(thread_id=call.thread_id).first(),
        "may_read": may_read,
        "by_built_in_author": call.model == BUILT_IN_AUTHOR,
        "prune_days": settings.PRUNE_AFTER_DAYS,
        "prompt": prompt,
        "answer": answer,
    }


def _cost_of(call: ModelCall) -> str:
    return formatting.money(statistics.cost(call.model, call.input_tokens, call.output_tokens))


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


class ReasonFilter(DropdownFilter):
    """Filter by the reasons that there are, in words."""

    title, parameter_name = "reason", "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        reasons = distinct_values(ModelFailure, "reason")
        return [(reason, reason_in_words(reason)) for reason in reasons]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if reason := self.value():
            return queryset.filter(reason=reason)
        return queryset


@admin.register(ModelFailure)
class ModelFailureAdmin(LookOnlyAdmin):
    """Failed attempts of model calls, for whoever may see the calls that had an answer."""

    list_display = ("created_at", "why", "attempts", "outcome", "role", "model", "roadmap")
    list_filter = (
        ("created_at", TimesFilter),
        ReasonFilter,
        ("role", FewValuesFilter),
        ("model", FewValuesFilter),
        "gave_up",
        ThreadFilter,
    )
    search_fields = ("=thread_id",)
    search_help_text = "A roadmap's thread id"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_filter_submit = True
    list_per_page = 50
    fields = ("created_at", "why", "attempts", "outcome", "role", "model", "roadmap", "thread_id")
    readonly_fields = ("why", "outcome", "roadmap")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("roadmaps.view_modelcall")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return found_by_thread(queryset, search_term), False

    @display(description="Reason")
    def why(self, failure: ModelFailure) -> str:
        return reason_in_words(failure.reason)

    @display(description="In the end", label={"no answer": "danger", "answered": "success"})
    def outcome(self, failure: ModelFailure) -> str:
        return "no answer" if failure.gave_up else "answered"

    @display(description="Roadmap")
    def roadmap(self, failure: ModelFailure) -> str:
        """A link that finds the roadmap by its thread, so that the list reads no other row."""
        query = {"q": failure.thread_id, "trash": "all"}
        address = reverse("admin:roadmaps_roadmap_changelist", query=query)
        return format_html('<a href="{}">{}</a>', address, str(failure.thread_id)[:8])
