"""View of the edit page: buttons collect changes, one of them saves."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from roadmaps.admin.review.editor import PlanEditor
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Review
from roadmaps.review.plan_edits import current_draft
from roadmaps.review.reviewers import check_may_decide


def edit_view(admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Page of the plan editor; `admin` is the ReviewAdmin whose page it is."""
    admin.check_desk(request)
    review = get_object_or_404(
        Review.objects.select_related("roadmap__owner", "draft__author"), pk=pk
    )
    user = cast("User", request.user)
    check_may_decide(user, review.roadmap)
    if request.method != "POST":
        try:
            current_draft(review, review.draft.number)
        except InvalidTransition as exc:
            messages.warning(request, str(exc))
            return redirect("admin:roadmaps_review_change", review.pk)
        editor = PlanEditor(review)
        if part := request.GET.get("part"):
            editor.open(part)
        return _page(admin, request, editor)

    editor = PlanEditor(review, request.POST)
    verb, _, target = request.POST.get("do", "").partition(":")
    if verb == "close":
        editor.opened = ""
    elif editor.take(request.POST):
        if verb == "save" and (draft := editor.save(user)):
            messages.success(request, f"Saved as draft {draft.number}. It is not approved yet.")
            return redirect("admin:roadmaps_review_change", pk)
        editor.do(verb, target)
    return _page(admin, request, editor)


def _page(admin: Any, request: HttpRequest, editor: PlanEditor) -> HttpResponse:
    context = admin.admin_site.each_context(request) | {
        "title": "Edit the plan",
        "opts": admin.opts,
        "review": editor.review,
        "media": admin.media,
        **editor.context(),
    }
    return TemplateResponse(request, "admin/roadmaps/plan_edit.html", context)
