"""Search of the admin (⌘K): reviews, roadmaps, people and pages that a person may see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from roadmaps.admin.navigation import may_see, menu
from roadmaps.models import Review, Roadmap
from roadmaps.models.ids import as_uuid
from roadmaps.models.search import found_by, some_found_by
from roadmaps.people.numbers import whole_number

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
    """A kind of rows in the results. `find` reads a few more than are shown, by an index."""

    title: str
    permission: str
    icon: str
    changelist: str
    find: Callable[[str], QuerySet[Any]]
    describe: Callable[[Any], str]
    title_of: Callable[[Any], str] = str

    def results(self, text: str) -> Iterator[Result]:
        rows = list(self.find(text)[: SHOWN_MAX + 1])
        for row in rows[:SHOWN_MAX]:
            model = f"{row._meta.app_label}_{row._meta.model_name}"
            address = reverse(f"admin:{model}_change", args=[row.pk])
            yield Result(self.title_of(row), self.describe(row), address, self.icon)
        if len(rows) > SHOWN_MAX:
            address = f"{reverse(self.changelist)}?{urlencode({'q': text})}"
            yield Result(f"More {self.title.lower()} with “{text}”", "list", address, "list")


def search(request: HttpRequest) -> HttpResponse:
    """Results, in place of Unfold's, which keeps them for minutes, also when a right is gone."""
    text = request.GET.get("s", "").replace("\x00", "").strip()[:TEXT_MAX]
    results: list[Result] = []
    if text:
        results += pages(request, text)
        for kind in KINDS:
            if request.user.has_perm(kind.permission):
                results += kind.results(text)
    return render(request, "admin/command_results.html", {"results": results, "text": text})


def pages(request: HttpRequest, text: str) -> Iterator[Result]:
    for group, entries in menu().items():
        for title, icon, permissions, address in entries:
            if text.casefold() in title.casefold() and may_see(request, permissions):
                yield Result(title, f"page, {group}", reverse(address), icon)


def reviews(text: str) -> QuerySet[Any]:
    """Reviews of roadmaps that match, or the review with that number; the list has all of them."""
    rows = Review.objects.select_related("roadmap__owner").order_by("-created_at", "-id")
    if key := _key(text):
        return rows.filter(Q(pk=key))
    return rows.filter(roadmap__in=some_found_by(text, _searchable(text)))


def review_in_words(review: Review) -> str:
    state = review.get_status_display().lower()
    return f"review, round {review.round}, {state}, for {review.roadmap.owner}"


def roadmaps(text: str) -> QuerySet[Any]:
    rows = _searchable(text).select_related("owner").order_by("-created_at", "-id")
    return found_by(text, rows)


def roadmap_in_words(roadmap: Roadmap) -> str:
    text = f"roadmap, {roadmap.get_status_display().lower()}, for {roadmap.owner}"
    if roadmap.deleted_at:
        text += ", in the trash"
    return text


def _searchable(text: str) -> QuerySet[Any]:
    """Roadmaps outside the trash; all of them for an id, which says what a person looks for."""
    if as_uuid(text):
        return Roadmap.objects.order_by()
    return Roadmap.objects.kept().order_by()


def people(text: str) -> QuerySet[Any]:
    """People by the beginnings of username and e-mail address, or by number."""
    matches = Q(username__istartswith=text) | Q(email__istartswith=text)
    if key := _key(text):
        matches |= Q(pk=key)
    return User.objects.filter(matches).order_by("username")


def person_in_words(user: User) -> str:
    parts = ["person"]
    if user.email:
        parts.append(user.email)
    if user.is_staff:
        parts.append("staff")
    if not user.is_active:
        parts.append("not active")
    return ", ".join(parts)


def _key(text: str) -> int | None:
    number = text.removeprefix("#")
    return whole_number(number) if len(number) <= KEY_DIGITS else None


KINDS = [
    Kind(
        title="Reviews",
        permission="roadmaps.view_review",
        icon="rate_review",
        changelist="admin:roadmaps_review_changelist",
        find=reviews,
        describe=review_in_words,
        title_of=lambda review: str(review.roadmap),
    ),
    Kind(
        title="Roadmaps",
        permission="roadmaps.view_roadmap",
        icon="map",
        changelist="admin:roadmaps_roadmap_changelist",
        find=roadmaps,
        describe=roadmap_in_words,
    ),
    Kind(
        title="People",
        permission="auth.view_user",
        icon="person",
        changelist="admin:auth_user_changelist",
        find=people,
        describe=person_in_words,
        title_of=User.get_username,
    ),
]
