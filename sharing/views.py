"""Pages of a course's public link: the owner's settings, and the course as others see it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from content.artifacts.kinds import KINDS, RELATIONS
from content.exports import rows
from content.exports.room import room_for_course
from learning import reading
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Roadmap
from roadmaps.pages.access import paced
from roadmaps.pages.errors import NothingThere
from roadmaps.pages.expert import kept_private
from roadmaps.pages.roadmap import visible
from roadmaps.plan import picture
from sharing import services
from sharing.models import Share

PARTS = [f"sharing/_{name}.html" for name in KINDS]  # of a concept's page
ACTS: dict[str, tuple[Callable[[Roadmap], Any], Any]] = {
    "open": (
        services.open_link,
        gettext_lazy("There is a link now. Whoever has it can read the course."),
    ),
    "renew": (
        services.open_link,
        gettext_lazy("There is a new link; the one before opens nothing any more."),
    ),
    "revoke": (
        services.revoke_link,
        gettext_lazy("The link is revoked: nobody can read the course with it."),
    ),
    "list": (services.enter_gallery, gettext_lazy("The course is in the gallery.")),
    "unlist": (
        services.leave_gallery,
        gettext_lazy("The course has left the gallery. Its link still works."),
    ),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@paced("share", "POST")
def share_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The owner's page; staff get none of others' courses: sharing is its owner's decision."""
    roadmap = get_object_or_404(Roadmap, pk=pk, owner=request.user.pk)
    if request.method == "POST":
        if request.POST.get("act") not in ACTS:
            raise NothingThere(_("There is no such thing to do with a link."))
        act, success = ACTS[request.POST["act"]]
        try:
            act(roadmap)
            messages.success(request, success)
        except InvalidTransition as exc:
            messages.error(request, str(exc))
        return redirect("share_edit", roadmap.pk)

    link = ""
    share = Share.objects.filter(roadmap=roadmap).first()
    if share and share.token:
        link = request.build_absolute_uri(share.get_absolute_url())
    context = {
        "roadmap": roadmap,
        "share": share,
        "link": link,
        "readable": roadmap.status in services.READABLE,
    }
    return render(request, "sharing/share_edit.html", context)


def _open_share(token: str) -> Share:
    return get_object_or_404(
        Share.objects.open().without_words().select_related("roadmap"), token=token
    )


@kept_private
@require_safe
def shared_course(request: HttpRequest, token: str) -> HttpResponse:
    share = _open_share(token)
    concepts = share.roadmap.concepts.select_related("module__stage").order_by("order")
    places = [
        {"concept": concept, "stage": concept.module.stage, "module": concept.module}
        for concept in concepts
    ]
    context = {
        "share": share,
        "roadmap": share.roadmap,
        "places": places,
        "hours": sum(concept.minutes for concept in concepts) / 60,
        "checked": share.roadmap.reviews.filter(status="APPROVED").first(),
    }
    return render(request, "sharing/shared_course.html", context)


@kept_private
@require_safe
def shared_concept(request: HttpRequest, token: str, slug: str) -> HttpResponse:
    """A concept to read: questions without their answers, and nothing about the owner."""
    share = _open_share(token)
    concepts = share.roadmap.concepts
    with_content = concepts.select_related("module__stage", *RELATIONS)
    concept: Any = get_object_or_404(with_content, slug=slug)
    questions = []
    if hasattr(concept, "quiz"):
        questions = concept.quiz.questions.defer("correct_indexes", "explanation")
    context = {
        "share": share,
        "roadmap": share.roadmap,
        "concept": concept,
        "parts": PARTS,
        "questions": questions,
        "previous": concepts.filter(order__lt=concept.order).order_by("-order").first(),
        "next": concepts.filter(order__gt=concept.order).order_by("order").first(),
    }
    return render(request, "sharing/shared_concept.html", context | reading.written(concept))


@kept_private
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@paced("copy", "POST")
@room_for_course
def shared_use(request: HttpRequest, token: str) -> HttpResponse:
    """The page that asks before it copies, so that signing in leads here; a POST copies."""
    share = _open_share(token)
    assert isinstance(request.user, User)
    if share.roadmap.owner_id == request.user.pk:
        messages.info(request, _("This course is yours already."))
        return redirect(share.roadmap)
    if request.method != "POST":
        return render(
            request, "sharing/shared_use.html", {"share": share, "roadmap": share.roadmap}
        )
    try:
        copy = services.copy_course(share, to=request.user)
    except InvalidTransition as exc:
        raise NothingThere(str(exc)) from exc
    messages.success(
        request, _("The course is yours now. What you do with it changes nothing for others.")
    )
    return redirect(copy)


@login_required
@require_safe
@paced("picture", "GET")
def roadmap_picture(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _picture(request, visible(request, pk))


@kept_private
@require_safe
@paced("picture", "GET")
def shared_picture(request: HttpRequest, token: str) -> HttpResponse:
    share = _open_share(token)
    return _picture(request, share.roadmap, share)


def _picture(request: HttpRequest, roadmap: Roadmap, share: Share | None = None) -> HttpResponse:
    if not roadmap.concepts.exists():
        raise NothingThere(_("There is no plan to draw yet: it is not approved."))
    drawn = picture.draw(rows.load(roadmap).as_plan())
    context = {"roadmap": roadmap, "picture": drawn, "back": share or roadmap}
    return render(request, "sharing/picture.html", context)
