"""Acts behind the buttons of the inbox and of the desk below a review.

Every button posts to `act/<name>/`.
"""

from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from roadmaps.admin.base.apply_to_rows import REFUSALS, sentence
from roadmaps.admin.base.paging import list_page
from roadmaps.admin.desk.bulk import BulkDecisions, as_seen
from roadmaps.models import ExpertLink, Review, ReviewEventKind, ReviewStatus
from roadmaps.people.numbers import DIGITS_MAX, whole_number
from roadmaps.people.public_address import public_address
from roadmaps.review.decisions import DECISIONS
from roadmaps.review.desk import assign_review, claim_review, comment_review, release_review
from roadmaps.review.expert_links import good_links, make_expert_link, revoke_expert_link
from roadmaps.review.reviewers import who_may_decide

LINKS_MAX = 20  # links for experts on one page


class DeskActs(BulkDecisions):
    """The address of the acts, and what the desk below a review shows."""

    change_form_outer_after_template = "admin/roadmaps/review_desk.html"

    def get_urls(self) -> list[URLPattern]:
        act = self.admin_site.admin_view(require_POST(partial(act_view, self)))
        return [
            path("<int:pk>/act/<slug:do>/", act, name="roadmaps_review_act"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        review = (
            Review.objects.select_related("roadmap", "claimed_by", "assigned_to")
            .filter(pk=self.key(object_id))
            .first()
        )
        context: dict[str, Any] = extra_context or {}
        if review and self.has_view_permission(request):
            claim_text = review.claim_in_words()
            if claim_text and review.claimed_by_id != request.user.pk:
                messages.info(request, claim_text)
            desk = desk_of(request, review, self.has_decide_permission(request))
            context = context | {"desk": desk}
        return super().change_view(request, object_id, form_url, context)


def desk_of(request: HttpRequest, review: Review, may_decide: bool) -> dict[str, Any]:
    expert_links = review.roadmap.expert_links
    links = expert_links.select_related("created_by")
    # That it was opened is told only when that says for whom and why.
    events = review.events.exclude(kind=ReviewEventKind.OPENED, text="").order_by("-at", "-id")
    return {
        "review": review,
        "may_decide": may_decide,
        "days": settings.EXPERT_LINK_DAYS,
        "open": review.status == ReviewStatus.PENDING,
        "claim": review.claim_in_words(),
        "reviewers": list(who_may_decide(review.roadmap)) if may_decide else [],
        "links": list_page(request, links, "links", size=LINKS_MAX),
        "good_links": good_links(review.roadmap),
        "history": list_page(request, events, "events"),
    }


def act_view(admin: BulkDecisions, request: HttpRequest, pk: int, do: str) -> HttpResponse:
    admin.check_desk(request)
    review = get_object_or_404(Review.objects.select_related("roadmap"), pk=pk)
    if do in AT_ONCE:
        admin.decide(request, [as_seen(request, review)], AT_ONCE[do].status, "")
    elif do in ACTS:
        try:
            messages.success(request, ACTS[do](request, review, cast("User", request.user)))
        except REFUSALS as exc:
            messages.warning(request, f"{review}: {sentence(exc)}")
    else:
        raise Http404
    return redirect(back(request))


def claim(request: HttpRequest, review: Review, user: User) -> str:
    return f"{review}: {claim_review(review, by=user).claim_in_words()}"


def release(request: HttpRequest, review: Review, user: User) -> str:
    release_review(review, by=user)
    return f"{review} is free again."


def assign(request: HttpRequest, review: Review, user: User) -> str:
    """The form says who gets it; the list has no form, so whoever presses the button does."""
    pk = request.POST.get("to", str(user.pk))
    reviewer = None
    name = "nobody"
    if pk:
        number = whole_number(pk)
        # Nobody with that number is somebody who may not decide, to whoever tries numbers.
        reviewer = User.objects.filter(pk=number or 0).first() or User(pk=number)
        name = reviewer.get_username()
    assign_review(review, reviewer, by=user)
    return f"{review} is assigned to {name}."


def comment(request: HttpRequest, review: Review, user: User) -> str:
    to_experts = bool(request.POST.get("to_experts"))
    comment_review(review, request.POST.get("comment", ""), by=user, to_experts=to_experts)
    readers = "reviewers and experts with a link" if to_experts else "reviewers only"
    return f"Your comment is in the history, for {readers}."


def invite_expert(request: HttpRequest, review: Review, user: User) -> str:
    days = request.POST.get("days", "")
    link, secret = make_expert_link(
        review,
        by=user,
        name=request.POST.get("name", ""),
        email=request.POST.get("email", ""),
        may_decide=bool(request.POST.get("may_decide")),
        days=whole_number(days[:DIGITS_MAX]),  # enough for the sentence that it is too many
    )
    mailed = ""
    if link.email:
        mailed = mail_link(link, public_address("expert_review", secret))
    return format_html(
        "The link for {}, shown only now: <code>{}</code> {}",
        link.name,
        request.build_absolute_uri(reverse("expert_review", args=[secret])),
        mailed,
    )


def mail_link(link: ExpertLink, address: str) -> str:
    """Email with the link. It is sent at once: the secret is stored nowhere to send it later."""
    with timezone.override(None):  # who gets it has no account, so their zone is unknown
        text = render_to_string("roadmaps/mail/expert_link.txt", {"link": link, "address": address})
    try:
        send_mail("A plan to review", text, None, [link.email])
    except OSError:
        return f"It could not be mailed to {link.email}; pass it on yourself."
    return f"It was mailed to {link.email}."


def revoke_link(request: HttpRequest, review: Review, user: User) -> str:
    pk = whole_number(request.POST.get("link", ""))
    link = get_object_or_404(review.roadmap.expert_links, pk=pk)
    revoke_expert_link(link, by=user)
    return f"The link of {link.name} opens nothing any more."


# By the name in the address.
ACTS = {
    "claim": claim,
    "release": release,
    "assign": assign,
    "comment": comment,
    "link": invite_expert,
    "revoke": revoke_link,
}
AT_ONCE = {decision.name: decision for decision in DECISIONS if not decision.needs_comment}


def back(request: HttpRequest) -> str:
    """The page that was acted on, with its filters; the list when that isn't known."""
    referrer: str = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(
        referrer, {request.get_host()}, require_https=request.is_secure()
    ):
        return referrer
    return reverse("admin:roadmaps_review_changelist")
