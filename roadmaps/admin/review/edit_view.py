"""The view of the edit page: buttons collect changes, one of them saves."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from roadmaps.admin.base.apply_to_rows import REFUSALS, sentence
from roadmaps.admin.review.editor import PlanEditor
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Draft, Review
from roadmaps.review.plan_edits import current_draft, edit_plan
from roadmaps.review.reviewers import check_may_decide


def edit_view(admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """`admin`: the ReviewAdmin whose page this is."""
    review = get_object_or_404(
        Review.objects.select_related("roadmap__owner", "draft__author"), pk=pk
    )
    check_may_decide(cast("User", request.user), review.roadmap)
    if request.method != "POST":
        return _opened(admin, request, review)
    editor = PlanEditor(review, request.POST)
    verb, _, target = request.POST.get("do", "").partition(":")
    if verb == "close":
        editor.opened = ""
    elif editor.take(request.POST):
        if verb == "save" and (saved := _save(request, editor)):
            messages.success(request, f"Saved as draft {saved.number}. It is not approved yet.")
            return redirect("admin:roadmaps_review_change", pk)
        editor.do(verb, target)
    return _page(admin, request, editor)


def _opened(admin: Any, request: HttpRequest, review: Review) -> HttpResponse:
    try:
        current_draft(review, review.draft.number)
    except InvalidTransition as exc:
        messages.warning(request, str(exc))
        return redirect("admin:roadmaps_review_change", review.pk)
    editor = PlanEditor(review)
    if part := request.GET.get("part"):
        editor.open(part)
    return _page(admin, request, editor)


def _save(request: HttpRequest, editor: PlanEditor) -> Draft | None:
    """None when it is refused: the page then shows why, and everything that was done."""
    user, number = cast("User", request.user), editor.draft.number
    try:
        return edit_plan(editor.review, editor.save_operations(), by=user, draft_number=number)
    except REFUSALS as exc:
        editor.problems.append(sentence(exc))
        editor.review.refresh_from_db()
        return None


def _page(admin: Any, request: HttpRequest, editor: PlanEditor) -> HttpResponse:
    own = {
        "title": "Edit the plan",
        "opts": admin.opts,
        "review": editor.review,
        "media": admin.media,
    }
    context = admin.admin_site.each_context(request) | own | editor.context()
    return TemplateResponse(request, "admin/roadmaps/plan_edit.html", context)
