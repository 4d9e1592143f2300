"""Who may open what: every address of the URLconf has a row here, so that a new one without a row fails."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from accounts.models import Notice
from content.models import ARTIFACTS
from tests import courses

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
# allauth's own, which allauth tests; they are open to strangers or lead them to the sign-in page.
ACCOUNTS = ("account_", "mfa_", "socialaccount_")
OPEN_ADMIN = ("admin:login", "admin:logout", "admin:jsi18n")
FOR_ALL_STAFF = ("admin:index", "admin:password_change", "admin:password_change_done", "admin:search")


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


def test_the_admin_is_open_to_staff_only_and_no_page_of_it_breaks(values):
    superuser = courses.person("root", staff=True)
    superuser.is_superuser = True
    superuser.save()
    visitors = [None, courses.person("learner"), courses.person("staff", staff=True), superuser]
    browsers = [browser_of(user) for user in visitors]
    samples = values | {"app_label": "roadmaps", "content_type_id": 1, "url": "x"}
    for name in ADMIN:
        if name in OPEN_ADMIN or not {one for _, one in parameters(name)} <= set(samples):
            continue
        for object_id in ("0", "no-key"):
            told = address(name, samples | {"object_id": object_id})
            stranger, learner, staff, root = (browser.get(told).status_code for browser in browsers)
            assert (stranger, learner) == (302, 302), told
            assert staff in (302, 403, 404, 405) or name in FOR_ALL_STAFF, told
            assert root < 500, told
