"""Review desk: pending reviews first, and one page to decide each."""

from functools import partial
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from roadmaps.admin.base.paging import list_page
from roadmaps.admin.desk.inbox import InboxAdmin
from roadmaps.admin.review.edit_view import edit_view
from roadmaps.admin.review.page import page_of
from roadmaps.models import Review
from roadmaps.review.decisions import BY_STATUS

DRAFTS_MAX = 20  # on one page of a review's history
COMPARED_MAX = 10  # the newest drafts, each a link beside the changes; the history has the others


@admin.register(Review)
class ReviewAdmin(InboxAdmin):
    change_form_outer_before_template = "admin/roadmaps/review_page.html"

    class Media:
        css = {"all": ("cairn/review.css",)}
        js = (Script("cairn/review.js", defer=True),)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """No fields: the page before the form shows everything."""
        return []

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide_view))
        edit = self.admin_site.admin_view(partial(edit_view, self))
        return [
            path("<int:pk>/decide/", decide, name="roadmaps_review_decide"),
            path("<int:pk>/edit/", edit, name="roadmaps_review_edit"),
            *super().get_urls(),
        ]

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.check_desk(request)
        review = get_object_or_404(Review, pk=pk)
        review.take_as_seen(request.POST.get("draft", ""))
        decision = request.POST.get("decision", "")
        if decision not in BY_STATUS:
            self.message_user(request, f"Unknown decision {decision!r}.", level="error")
        elif self.decide_one(
            request,
            review,
            decision,
            request.POST.get("comment", ""),
            request.POST.getlist("parts"),
        ):
            return redirect("admin:roadmaps_review_changelist")
        return HttpResponseRedirect(reverse("admin:roadmaps_review_change", args=[pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        review = (
            Review.objects.select_related("roadmap__owner", "draft")
            .filter(pk=self.key(object_id))
            .first()
        )
        if review is not None:
            page = page_of(review, cast("User", request.user), request.GET.get("against", ""))
            page["rounds_page"] = list_page(
                request, page["rounds"][::-1], "drafts", size=DRAFTS_MAX
            )
            earlier = [draft for draft in page["rounds"] if draft.number < review.draft.number]
            page["compared"] = earlier[-COMPARED_MAX:]
            extra_context = (extra_context or {}) | page
        return super().change_view(request, object_id, form_url, extra_context)
