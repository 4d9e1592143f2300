"""Who may open what: every address of the URLconf has a row here, so that a new one without a row fails."""

import asyncio
import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from accounts.models import Notice
from content.models import ARTIFACTS
from roadmaps.routing import websocket_urlpatterns
from tests import courses
from tests.conftest import DEADLINE_SECONDS
from tests.web.test_socket import connect, leave, socket_at

pytestmark = pytest.mark.django_db(transaction=True)

SIGN_IN, NOT_FOUND, FORBIDDEN, OPEN, POST_ONLY = "to sign in", 404, 403, "open", 405
# name: who has not signed in, a person whose thing it isn't, its owner
ALL = (OPEN, OPEN, OPEN)
PERSONS = (SIGN_IN, OPEN, OPEN)
OWNERS = (SIGN_IN, NOT_FOUND, OPEN)
OWNERS_POST = (SIGN_IN, POST_ONLY, POST_ONLY)
TABLE = {
    "home": ALL,
    "offline": ALL,
    "offline_worker": ALL,
    "healthz": ALL,
    "readyz": ALL,
    "metrics": (NOT_FOUND, NOT_FOUND, NOT_FOUND),  # for who has its token
    "set_language": ALL,
    "roadmap_list": PERSONS,
    "roadmap_new": PERSONS,
    "roadmap_estimate": PERSONS,
    "roadmap_questions": OWNERS_POST,
    "roadmap_detail": OWNERS,
    "roadmap_cancel": OWNERS_POST,
    "roadmap_retry": OWNERS_POST,
    "roadmap_changes": OWNERS_POST,
    "concept_detail": OWNERS,
    "concept_quiz": OWNERS_POST,
    "concept_note": OWNERS_POST,
    "concept_place": OWNERS_POST,
    "concept_complete": OWNERS_POST,
    "artifact_retry": OWNERS_POST,
    "roadmap_progress": OWNERS,
    "practice": PERSONS,
    "practice_answer": OWNERS_POST,
    "practice_recall": (SIGN_IN, NOT_FOUND, NOT_FOUND),  # the owner of roadmaps has answered no card here
    "diagram": ALL,
    "roadmap_export": OWNERS,
    "export_list": OWNERS,
    "export_file": (SIGN_IN, NOT_FOUND, NOT_FOUND),  # none was asked for
    "roadmap_import": PERSONS,
    "roadmap_picture": OWNERS,
    "roadmap_trash_list": PERSONS,
    "roadmap_trash": OWNERS_POST,
    "roadmap_restore": OWNERS_POST,
    "roadmap_erase": OWNERS,
    "share_edit": OWNERS,
    "gallery": ALL,
    "shared_course": (NOT_FOUND, NOT_FOUND, NOT_FOUND),  # by a guessed token, like those below
    "shared_concept": (NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "shared_picture": (NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "shared_use": (SIGN_IN, NOT_FOUND, NOT_FOUND),
    "unsubscribe": (NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "settings": PERSONS,
    "settings_name": (SIGN_IN, POST_ONLY, POST_ONLY),
    "settings_language": (SIGN_IN, POST_ONLY, POST_ONLY),
    "settings_switches": (SIGN_IN, POST_ONLY, POST_ONLY),
    "my_data": (SIGN_IN, POST_ONLY, POST_ONLY),
    "notice_bell": (204, OPEN, OPEN),
    "notice_list": PERSONS,
    "notice_open": OWNERS,
    "notices_read": (SIGN_IN, POST_ONLY, POST_ONLY),
    "expert_review": (NOT_FOUND, NOT_FOUND, NOT_FOUND),
}
# Of sockets: the code they are closed with. For the same three, a reviewer and a superuser.
SOCKETS = {
    "ws/roadmaps/<uuid:pk>/": (4401, 4404, OPEN, OPEN, OPEN),
    "ws/reviews/": (4401, 4403, 4403, OPEN, OPEN),
}
# allauth's own, which allauth tests; they are open to strangers or lead them to the sign-in page.
ACCOUNTS = ("account_", "mfa_", "socialaccount_")
OPEN_ADMIN = ("admin:login", "admin:logout", "admin:jsi18n")
FOR_ALL_STAFF = ("admin:index", "admin:password_change", "admin:password_change_done", "admin:search")
# What the group Reviewers may see: plans and what is decided about them; no content, people or machinery.
FOR_REVIEWERS = {
    *FOR_ALL_STAFF,
    "admin:app_list",
    "admin:roadmaps_draft_change",
    "admin:roadmaps_draft_changelist",
    "admin:roadmaps_draft_history",
    "admin:roadmaps_review_change",
    "admin:roadmaps_review_changelist",
    "admin:roadmaps_review_decide",
    "admin:roadmaps_review_edit",
    "admin:roadmaps_review_history",
    "admin:roadmaps_roadmap_change",
    "admin:roadmaps_roadmap_changelist",
    "admin:roadmaps_roadmap_checkpoints",
    "admin:roadmaps_roadmap_go_to_checkpoints",  # leads to the one above
    "admin:roadmaps_roadmap_history",
}


def names(patterns, space="", route=""):
    """Each name with its address as a pattern."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from names(pattern.url_patterns, inner, route + str(pattern.pattern))
        elif pattern.name:
            yield space + pattern.name, route + str(pattern.pattern)


EVERY = dict(names(get_resolver().url_patterns))
ADMIN = [name for name, route in EVERY.items() if route.startswith(settings.ADMIN_PATH)]
OURS = [name for name in EVERY if name not in ADMIN and not name.startswith(ACCOUNTS)]


def test_every_address_has_a_row():
    assert sorted(OURS) == sorted(TABLE)


def address(name, values):
    return reverse(
        name, kwargs={one: values.get(name, 1) if kind == "int:" else values[one] for kind, one in parameters(name)}
    )


def parameters(name):
    return re.findall(r"<(\w+:)?(\w+)>", EVERY[name])


@pytest.fixture
def owner():
    return courses.person("owner")


@pytest.fixture
def values(owner):
    """For the arguments of any address: things of one owner."""
    roadmap = courses.written(owner)
    concept = roadmap.concepts.first()
    kind = next(iter(ARTIFACTS))
    return {
        "pk": roadmap.pk,
        "slug": concept.slug,
        "kind": kind,
        "format": "json",
        "secret": "guessed",
        "token": "guessed",
        "notice_open": Notice.objects.earliest("pk").pk,
    }


def as_seen(response):
    if response.status_code == 302 and response.headers["Location"].startswith(reverse("account_login")):
        return SIGN_IN
    return OPEN if response.status_code in (200, 302) else response.status_code


def browser_of(user):
    browser = Client()
    if user:
        browser.force_login(user)
    return browser


def test_each_page_is_open_to_whom_the_table_says(values, owner):
    browsers = [browser_of(user) for user in (None, courses.person("another"), owner)]
    seen = {name: tuple(as_seen(browser.get(address(name, values))) for browser in browsers) for name in TABLE}
    assert {name: (seen[name], TABLE[name]) for name in TABLE if seen[name] != TABLE[name]} == {}


def root():
    return User.objects.create_superuser("root")


async def answer_of(socket):
    await connect(socket)
    told = await socket.receive_output(timeout=DEADLINE_SECONDS)
    await leave(socket, told.get("code", 1000))
    return told.get("code", OPEN)


def test_every_socket_has_a_row_and_is_open_to_whom_it_says(values, owner):
    assert sorted(str(route.pattern) for route in websocket_urlpatterns) == sorted(SOCKETS)
    visitors = [None, courses.person("another"), owner, courses.reviewer(), root()]
    for route, wanted in SOCKETS.items():
        path = "/" + re.sub(r"<uuid:(\w+)>", lambda found: str(values[found[1]]), route)
        assert tuple(asyncio.run(answer_of(socket_at(path, user))) for user in visitors) == wanted, route


def row_of(name):
    """The key of a row that the address may be about; "0" where there is none."""
    for model in admin.site._registry:
        if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_") and (
            row := model._default_manager.first()
        ):
            return str(row.pk)
    return "0"


def is_open(response):
    """Django leads away from what isn't there before it asks who may."""
    return response.status_code not in (403, 404) and response.headers.get("Location") != reverse("admin:index")


def test_the_admin_is_open_to_staff_only_and_no_page_of_it_breaks(values):
    visitors = [None, courses.person("learner"), courses.person("staff", staff=True), courses.reviewer(), root()]
    browsers = [browser_of(user) for user in visitors]
    samples = values | {"app_label": "roadmaps", "content_type_id": 1, "url": "x"}
    open_to_reviewer = set()
    for name in ADMIN:
        if name in OPEN_ADMIN or not {one for _, one in parameters(name)} <= {*samples, "object_id"}:
            continue
        for object_id in (row_of(name), "no-key") if "object_id" in EVERY[name] else ("",):
            told = address(name, samples | {"object_id": object_id, name: row_of(name)})
            answers = [browser.get(told) for browser in browsers]
            stranger, learner, staff, _, superuser = (answer.status_code for answer in answers)
            assert (stranger, learner) == (302, 302), told
            assert staff in (302, 403, 404, 405) or name in FOR_ALL_STAFF, told
            assert superuser < 500, told
            open_to_reviewer |= {name} if is_open(answers[3]) else set()
    assert open_to_reviewer == FOR_REVIEWERS
