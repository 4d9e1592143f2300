"""The admin's search (⌘K): reviews, roadmaps, people and pages, for who may see each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from roadmaps.admin.navigation import may_see
from roadmaps.models import Review, Roadmap
from roadmaps.models.ids import as_uuid
from roadmaps.models.search import found_by

TEXT_MAX = 200  # characters; what comes after them is left out
SHOWN_MAX = 6  # of one kind; the list of that kind has the others
KEY_DIGITS = 9  # of a number that may be a key


@dataclass(frozen=True)
class Result:
    title: str
    description: str
    link: str
    icon: str


@dataclass(frozen=True)
class Kind:
    """What can be found. `find` reads at most a few rows more than are shown, by an index."""

    title: str
    permission: str
    icon: str
    changelist: str
    find: Callable[[str], QuerySet[Any]]
    describe: Callable[[Any], str]

    def results(self, text: str) -> Iterator[Result]:
        rows = list(self.find(text)[: SHOWN_MAX + 1])
        for row in rows[:SHOWN_MAX]:
            model = f"{row._meta.app_label}_{row._meta.model_name}"
            address = reverse(f"admin:{model}_change", args=[row.pk])
            yield Result(_title_of(row), self.describe(row), address, self.icon)
        if len(rows) > SHOWN_MAX:
            more = f"{reverse(self.changelist)}?{urlencode({'q': text})}"
            yield Result(f"More {self.title.lower()} with “{text}”", "list", more, "list")


def search(request: HttpRequest) -> HttpResponse:
    """Instead of Unfold's, which keeps results for minutes, also when a right is taken away."""
    text = request.GET.get("s", "").replace("\x00", "").strip()[:TEXT_MAX]
    results = [*_pages(request, text)] if text else []
    for kind in KINDS:
        if text and request.user.has_perm(kind.permission):
            results += kind.results(text)
    return render(request, "admin/command_results.html", {"results": results, "text": text})


def _pages(request: HttpRequest, text: str) -> Iterator[Result]:
    for group, entries in settings.ADMIN_MENU.items():
        for title, icon, permissions, address in entries:
            if text.casefold() in title.casefold() and may_see(request, permissions):
                yield Result(title, f"page, {group}", reverse(address), icon)


def _title_of(row: Any) -> str:
    if isinstance(row, Review):
        return str(row.roadmap)
    return row.get_username() if isinstance(row, User) else str(row)


def _reviews(text: str) -> QuerySet[Any]:
    """Those of the roadmaps that are found, or the one with that number."""
    rows = Review.objects.select_related("roadmap__owner").order_by("-created_at", "-id")
    if key := _key(text):
        return rows.filter(Q(pk=key))
    return rows.filter(roadmap__in=found_by(text, _kept(text)))


def _review_in_words(review: Review) -> str:
    state = review.get_status_display().lower()
    return f"review, round {review.round}, {state}, for {review.roadmap.owner}"


def _roadmaps(text: str) -> QuerySet[Any]:
    rows = _kept(text).select_related("owner").order_by("-created_at", "-id")
    return found_by(text, rows)


def _roadmap_in_words(roadmap: Roadmap) -> str:
    trashed = ", in the trash" if roadmap.deleted_at else ""
    return f"roadmap, {roadmap.get_status_display().lower()}, for {roadmap.owner}{trashed}"


def _kept(text: str) -> QuerySet[Any]:
    """Words find nothing in the trash; an id is asked for by who knows what it is."""
    return Roadmap.objects.order_by() if as_uuid(text) else Roadmap.objects.kept().order_by()


def _people(text: str) -> QuerySet[Any]:
    """By the beginnings of username and e-mail address, or by number."""
    key = _key(text)
    named = Q(username__istartswith=text) | Q(email__istartswith=text)
    return User.objects.filter(named | Q(pk=key) if key else named).order_by("username")


def _person_in_words(user: User) -> str:
    staff = "staff" if user.is_staff else ""
    active = "" if user.is_active else "not active"
    return ", ".join(filter(None, ["person", user.email, staff, active]))


def _key(text: str) -> int | None:
    number = text.removeprefix("#")
    if not (number.isascii() and number.isdecimal()) or len(number) > KEY_DIGITS:
        return None
    return int(number)


KINDS = [
    Kind(
        title="Reviews",
        permission="roadmaps.view_review",
        icon="rate_review",
        changelist="admin:roadmaps_review_changelist",
        find=_reviews,
        describe=_review_in_words,
    ),
    Kind(
        title="Roadmaps",
        permission="roadmaps.view_roadmap",
        icon="map",
        changelist="admin:roadmaps_roadmap_changelist",
        find=_roadmaps,
        describe=_roadmap_in_words,
    ),
    Kind(
        title="People",
        permission="auth.view_user",
        icon="person",
        changelist="admin:auth_user_changelist",
        find=_people,
        describe=_person_in_words,
    ),
]
