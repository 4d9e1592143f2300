"""Page of an expert's link: the plan, the findings, and a form to answer."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import ExpertLink, ReviewStatus
from roadmaps.people import names
from roadmaps.people.numbers import whole_number
from roadmaps.plan import shape
from roadmaps.review.decisions import BY_STATUS, DECISIONS
from roadmaps.review.expert_links import (
    LinkEnded,
    comment_by_link,
    current_review,
    decide_by_link,
    events_for,
    find_link,
    record_visit,
)

View = Callable[..., HttpResponse]
SEVERITIES = {"critical": _("critical"), "warning": _("warning"), "suggestion": _("suggestion")}


def kept_private(view: View) -> View:
    """Privacy of an address that is the key: it is not sent on to other sites, indexed or cached.

    Not no-referrer: a browser would then give no origin to the form either, and it would be taken
    for a forgery.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return never_cache(wrapped)


@kept_private
@require_http_methods(["GET", "HEAD", "POST"])
def expert_review(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        link = find_link(secret)
    except ExpertLink.DoesNotExist:
        raise Http404 from None
    except LinkEnded as exc:
        return render(request, "roadmaps/expert_link_ended.html", {"why": str(exc)}, status=410)
    record_visit(link)
    if request.method != "POST":
        return _page(request, link)

    # To the review whose page was seen: a newer draft is never answered unseen.
    key = whole_number(request.POST.get("review", ""))
    review = link.roadmap.reviews.filter(pk=key or 0).first()
    if review is None:
        raise Http404
    review.take_as_seen(request.POST.get("draft", ""))

    decision = request.POST.get("decision", "")
    comment = request.POST.get("comment", "")
    try:
        if decision:
            decide_by_link(link, review, decision, comment)
        else:
            comment_by_link(link, review, comment)
    except ValidationError as exc:
        return _page(request, link, problem=" ".join(exc.messages), comment=comment)
    except (PermissionDenied, InvalidTransition) as exc:
        return _page(request, link, problem=str(exc), comment=comment)

    if decision:
        messages.success(request, gettext(BY_STATUS[decision].thanks))
    else:
        messages.success(request, _("Your comment is with the reviewers."))
    return redirect("expert_review", secret)


def _page(
    request: HttpRequest, link: ExpertLink, problem: str = "", comment: str = ""
) -> HttpResponse:
    review = current_review(link)
    report, plan = review.draft.report, review.draft.plan
    titles = {part["id"]: part["title"] for part, _ in shape.parts(plan)}
    issues = []
    for issue in report["issues"]:
        place = titles.get(issue["location"], "")
        issues.append(issue | {"place": place, "word": SEVERITIES[issue["severity"]]})
    context = {
        "link": link,
        "maker": names.public(link.created_by.get_username()) if link.created_by else "",
        "roadmap": link.roadmap,
        "review": review,
        "open": review.status == ReviewStatus.PENDING,
        "stages": [stage | {"hours": shape.minutes_of(stage) / 60} for stage in plan["stages"]],
        "summary": plan.get("summary", ""),
        "report": report,
        "hours": {"plan": report["minutes"] / 60, "budget": report["budget_minutes"] / 60},
        "issues": issues,
        "decisions": DECISIONS,
        "said": events_for(link, review),
        "problem": problem,
        "comment": comment,
    }
    status = 400 if problem else 200
    return render(request, "roadmaps/expert_review.html", context, status=status)
