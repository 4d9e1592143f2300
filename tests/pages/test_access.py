"""Access to every address and socket, by every role: the table of tests/pages/access.py, whole."""

import asyncio
import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver, reverse

from accounts.models import Notice
from roadmaps.review.expert_links import make_expert_link
from roadmaps.routing import websocket_urlpatterns
from sharing.services import open_link
from tests import courses
from tests.conftest import DEADLINE_SECONDS
from tests.pages.access import ADMIN, OPEN, PAGES, ROLES, SIGN_IN, SOCKETS
from tests.pages.test_socket import connect, leave, socket_at

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = ("viewer", "reviewer", "superuser")
OPEN_ADMIN = ("admin:login", "admin:logout")  # they lead to the site's own


def names(patterns, space="", route=""):
    """Each name with its address as a pattern."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from names(pattern.url_patterns, inner, route + str(pattern.pattern))
        elif pattern.name:
            yield space + pattern.name, route + str(pattern.pattern)


EVERY = dict(names(get_resolver().url_patterns))
ADMIN_NAMES = [name for name, route in EVERY.items() if route.startswith(settings.ADMIN_PATH)]


def test_every_address_has_a_row():
    assert sorted(set(EVERY) - set(ADMIN_NAMES)) == sorted(PAGES)
    assert sorted(set(ADMIN_NAMES) - set(OPEN_ADMIN)) == sorted(ADMIN)


def address(name, values):
    """The page's address with its parameters from `values`; `values[name]` is the key of its row."""
    filled = {}
    for kind, parameter in re.findall(r"<(\w+:)?(\w+)>", EVERY[name]):
        filled[parameter] = values.get(parameter, 1 if kind == "int:" else "x")
        if parameter in ("pk", "object_id") and name in values:
            filled[parameter] = values[name]
        elif kind == "int:" and parameter == "pk":
            filled[parameter] = 1
    return reverse(name, kwargs=filled)


class Cast:
    """One course with an expert's and a shared link, and a browser for each role."""

    def __init__(self):
        Group.objects.get_or_create(name="Reviewers")  # gone with the flush after another test
        self.owner = courses.person("owner")
        self.roadmap = courses.written(self.owner)
        reviewer = courses.reviewer()
        review = self.roadmap.reviews.get()
        _, self.secret = make_expert_link(review, by=reviewer, name="Ann")
        self.token = open_link(self.roadmap).token
        self.users = {
            "another learner": courses.person("another"),
            "owner": self.owner,
            "viewer": courses.viewer(),
            "reviewer": reviewer,
            "superuser": User.objects.create_superuser("root", password="root"),
        }
        self.fields = {
            "expert_review": {"review": review.pk, "draft": "1", "comment": "Good"},
            "share_edit": {"act": "renew"},
            "roadmap_changes": {"comment": "More about rye"},
        }

    def values(self, role):
        """For the parameters of any address. Only who holds a link has its address."""
        return {
            "pk": self.roadmap.pk,
            "slug": self.roadmap.concepts.first().slug,
            "kind": "tutorial",
            "format": "json",
            "secret": self.secret if role == "expert link" else "guessed",
            "token": self.token if role == "shared link" else "guessed",
            "notice_open": Notice.objects.earliest("pk").pk,
            "app_label": "roadmaps",
            "do": "claim",
        }

    def browser(self, role):
        browser = Client()
        if role in self.users:
            browser.force_login(self.users[role])
        if role == "expert link":
            browser.get(reverse("expert_review", args=[self.secret]))
        if role == "shared link":
            browser.get(reverse("shared_course", args=[self.token]))
        return browser


def ask(browser, method, target, fields=None):
    """The answer; what the request did to rows and cookies is undone."""
    cookies = browser.cookies.copy()
    with transaction.atomic():
        response = getattr(browser, method)(target, fields or {})
        transaction.set_rollback(True)
    browser.cookies = cookies
    return response


def as_seen(response):
    sign_in = (reverse("account_login"), reverse("admin:login"))
    if response.status_code == 302 and response.headers["Location"].startswith(sign_in):
        return SIGN_IN
    return OPEN if response.status_code in (200, 204, 302, 400) else response.status_code


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_open_to_whom_the_table_says(role):
    cast = Cast()
    browser, values, column = cast.browser(role), cast.values(role), ROLES.index(role)
    wrong = {}
    for name, rows in PAGES.items():
        for method, row in zip(("get", "post"), rows, strict=True):
            fields = cast.fields.get(name) if method == "post" else None
            seen = as_seen(ask(browser, method, address(name, values), fields))
            if seen != row[column]:
                wrong[f"{method} {name}"] = (seen, row[column])
    assert wrong == {}


async def answer_of(socket):
    await connect(socket)
    output = await socket.receive_output(timeout=DEADLINE_SECONDS)
    await leave(socket, output.get("code", 1000))
    return output.get("code", OPEN)


def test_every_socket_has_a_row_and_is_open_to_whom_it_says():
    assert sorted(str(route.pattern) for route in websocket_urlpatterns) == sorted(SOCKETS)
    cast = Cast()
    for route, row in SOCKETS.items():
        path = "/" + route.replace("<uuid:pk>", str(cast.roadmap.pk))
        seen = [asyncio.run(answer_of(socket_at(path, cast.users.get(role)))) for role in ROLES]
        assert tuple(seen) == row, route


def row_of(name):
    """The key of a row that an address of the admin may be about; "0" where there is none."""
    for model in admin.site._registry:
        prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(prefix) and (row := model._default_manager.first()):
            return str(row.pk)
    return "0"


def is_open(response):
    """Django leads away from what isn't there before it asks who may."""
    leads_away = response.headers.get("Location") == reverse("admin:index")
    return response.status_code in (200, 302, 400) and not leads_away


def test_every_page_of_the_admin_is_open_to_whom_the_table_says():
    cast = Cast()
    browsers = {role: cast.browser(role) for role in STAFF}
    wrong = {}
    for name, columns in ADMIN.items():
        own = cast.values("visitor") | {name: row_of(name)}
        for method, wanted in zip(("get", "post"), columns.split(" "), strict=True):
            letters = ""
            for role, browser in browsers.items():
                response = ask(browser, method, address(name, own))
                assert response.status_code < 500, (name, method, role)
                letters += role[0] if is_open(response) else "-"
            if letters != wanted:
                wrong[f"{method} {name}"] = (letters, wanted)
    assert wrong == {}


@pytest.mark.parametrize("role", [role for role in ROLES if role not in STAFF])
def test_the_admin_leads_whoever_is_no_staff_to_sign_in(role):
    cast = Cast()
    browser = cast.browser(role)
    for name in ADMIN:
        own = cast.values(role) | {name: row_of(name)}
        for method in ("get", "post"):
            assert as_seen(ask(browser, method, address(name, own))) == SIGN_IN, (name, method)


def test_an_address_of_the_admin_without_a_row_breaks_nothing():
    cast = Cast()
    browsers = [cast.browser(role) for role in STAFF]
    for name in ADMIN:
        if "object_id" in EVERY[name]:
            target = address(name, {"object_id": "no-key"})
            assert all(ask(browser, "get", target).status_code < 500 for browser in browsers), name


def test_no_list_offers_an_act_to_who_may_only_look(viewer, reviewer):
    """A list's acts are posts to the list itself, which is open to whoever may see it."""
    request = RequestFactory().get("/")
    offered = {}
    for role, user in (("viewer", viewer), ("reviewer", reviewer)):
        request.user = User.objects.get(pk=user.pk)
        for model, model_admin in admin.site._registry.items():
            if actions := sorted(model_admin.get_actions(request)):
                offered[role, model._meta.label] = actions
    decisions = ["approve_selected", "assign_to_me_selected"]
    decisions += ["reject_selected", "request_changes_selected"]
    assert offered == {("reviewer", "roadmaps.Review"): decisions}
