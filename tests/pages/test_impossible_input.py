"""What no field can hold — NUL, broken UTF-8, numbers beyond all columns, dates that don't exist —
breaks no page.

Every address of the URLconf is visited with it in every part of its path, in every parameter that
its code reads, every list of the admin in all its declared filters, every form in all its fields.
"""

import asyncio
import inspect
import json
import re
import sys
from copy import copy
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver, reverse

from content.artifacts.kinds import KINDS
from roadmaps.models import Roadmap
from sharing.models import Share
from sharing.services import open_link
from tests import courses
from tests.pages.test_socket import connect, leave, socket_at

pytestmark = pytest.mark.django_db(transaction=True)

# Percent-encoded, as they come in an address or in the body of a form.
NUL, NO_UTF8, HALF_A_SURROGATE = "a%00b", "%FF%C0", "%ED%A0%80"
BEYOND_BIGINT, BEYOND_INT, NO_DATE, FAR_AWAY = "9" * 40, "9" * 5000, "2026-99-99", "99999999-01-01"
# A letter that is three when normalised, as often as names may have letters.
GROWING = quote("½" * 51), quote("½" * 150), quote("ﷺ" * 254)
IN_PATHS = (NUL, HALF_A_SURROGATE, BEYOND_BIGINT, BEYOND_INT, GROWING[0])
IN_FIELDS = (NUL, HALF_A_SURROGATE, BEYOND_BIGINT, BEYOND_INT, FAR_AWAY, *GROWING)
IN_QUERIES = (NO_UTF8, BEYOND_BIGINT, BEYOND_INT, NO_DATE, GROWING[0])
IN_FORMS = (NUL, BEYOND_BIGINT, BEYOND_INT, NO_DATE)
OF_STAFF = ("system", "system_checks", "system_queues", "model_usage")
APPS = ("roadmaps", "content", "learning", "sharing", "accounts")
FORM = "application/x-www-form-urlencoded"


def routes(patterns, space="", route=""):
    """Each name with its address as a pattern, and its view."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, inner, route + str(pattern.pattern))
        else:
            yield space + (pattern.name or route), route + str(pattern.pattern), pattern.callback


EVERY = list(routes(get_resolver().url_patterns))


def parts(route):
    """The fixed and variable parts of a path pattern, or of one of allauth's regular expressions."""
    return re.split(
        r"(<[^>]+>|\(\?P<\w+>[^)]+\))", route.replace("^", "").replace("$", "").replace("\\Z", "")
    )


def name_of(part):
    return re.findall(r"(\w+)>", part)[0]


@pytest.fixture
def values(owner):
    """For the variable parts of any address: things of one owner."""
    roadmap = courses.written(owner)
    open_link(roadmap)
    return {
        "pk": str(roadmap.pk),
        "slug": roadmap.concepts.first().slug,
        "kind": next(iter(KINDS)),
        "format": "json",
        "token": Share.objects.get().token,
        "object_id": str(roadmap.pk),
        "app_label": "roadmaps",
    }


@pytest.fixture
def browsers(owner):
    """A visitor, an owner and a superuser; a page that breaks answers 500, as it does outside of
    tests.
    """
    people = {"visitor": None, "owner": owner, "root": User.objects.create_superuser("root")}
    opened = {}
    for name, person in people.items():
        opened[name] = Client(raise_request_exception=False)
        if person:
            opened[name].force_login(person)
    return opened


def address(route, values, **changes):
    filled = values | changes
    return "/" + "".join(
        filled.get(name_of(part), "1") if index % 2 else part
        for index, part in enumerate(parts(route))
    )


def undone(browser, method, path, *sent):
    """The answer; whatever it did is taken back, and the next one meets the same rows."""
    cache.clear()  # of the tries so far
    cookies = copy(browser.cookies)
    with transaction.atomic():
        answer = getattr(browser, method)(path, *sent)
        transaction.set_rollback(True)
    browser.cookies = cookies
    return answer


def visitors(name):
    """Whoever may do most at an address, and strangers where they get further than to sign in."""
    return ["root"] if name.startswith("admin:") or name in OF_STAFF else ["owner", "visitor"]


def test_no_part_of_any_address_breaks_a_page(browsers, values):
    broken = {}
    for name, route, _view in EVERY:
        for part in parts(route)[1::2]:
            for value in IN_PATHS:
                path = address(route, values, **{name_of(part): value})
                for who in visitors(name):
                    status = undone(browsers[who], "get", path).status_code
                    if status >= 500:
                        broken[name, value[:10], who] = status
    assert broken == {}


@pytest.mark.parametrize(
    "path", ["/%00", "/static/%00", "/static/cairn/%00.css", "/roadmaps/%00/", "/%ED%A0%80/"]
)
def test_an_address_that_is_none_is_not_found(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def read_by(view, method):
    """The parameters that the module of a view names."""
    inner = inspect.unwrap(getattr(view, "view_class", view))
    if inner.__module__.split(".")[0] not in APPS:
        return set()  # theirs are read by forms, and by the lists of the admin
    source = inspect.getsource(sys.modules[inner.__module__])
    return set(re.findall(rf'{method}(?:\.get\(|\.getlist\(|\[)\s*"(\w+)', source))


def test_no_parameter_of_any_address_breaks_a_page(browsers, values):
    """Each that the view's module reads, by itself; those of all pages together."""
    broken = {}
    for name, route, view in EVERY:
        common = f"next={NO_UTF8}&page={BEYOND_INT}&language={NO_UTF8}"
        queries = [] if name.startswith("admin:") else [common]
        for parameter in sorted(read_by(view, "GET")):
            queries += [f"{parameter}={value}" for value in IN_QUERIES]
        for query in queries:
            path = f"{address(route, values)}?{query}"
            status = undone(browsers[visitors(name)[0]], "get", path).status_code
            if status >= 500:
                broken[name, query] = status
    assert broken == {}


def parameters_of(model_admin, root):
    """What a list of the admin declares that its address may hold."""
    request = RequestFactory().get("/")
    request.user = root
    names = {"q", "p", "o", "all", "_to_field", "_facets"}
    for spec in model_admin.get_changelist_instance(request).filter_specs:
        names.update(spec.expected_parameters())
        if path := getattr(spec, "field_path", ""):
            names.update((f"{path}__in", f"{path}__gte"))
    if date := model_admin.date_hierarchy:
        names.update(f"{date}__{unit}" for unit in ("year", "month", "day"))
    return sorted(names)


def test_no_filter_or_search_of_the_admin_breaks_a_list(browsers, values):
    root = User.objects.get(username="root")
    broken = {}
    for model, model_admin in admin.site._registry.items():
        label = model._meta.label
        path = reverse(f"admin:{label.lower().replace('.', '_')}_changelist")
        for parameter in parameters_of(model_admin, root):
            values = (NO_DATE, BEYOND_INT) if "__" in parameter else (BEYOND_BIGINT, BEYOND_INT)
            for value in values:
                status = undone(browsers["root"], "get", f"{path}?{parameter}={value}").status_code
                if status >= 500:
                    broken[label, parameter, value[:10]] = status
        with_nul = "&".join(f"{parameter}={NUL}" for parameter in parameters_of(model_admin, root))
        assert undone(browsers["root"], "get", f"{path}?{with_nul}").status_code == 400
    assert broken == {}


class Forms(HTMLParser):
    """Of a page: where each goes, and the names of its fields with their values."""

    def __init__(self, page):
        super().__init__()
        self.forms, self._select = [], None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if tag == "form":
            self.forms.append((facts.get("action") or "", facts.get("method", "get").lower(), {}))
        if not self.forms:
            return
        fields = self.forms[-1][2]
        if (
            tag in ("input", "textarea", "button")
            and facts.get("name")
            and facts.get("type") != "file"
        ):
            fields.setdefault(facts["name"], facts.get("value") or "")
        if tag == "select":
            self._select = facts.get("name")
        if tag == "option" and self._select:
            fields.setdefault(self._select, facts.get("value") or "")


def body(fields, changed, value):
    """As a form is sent; `value` is percent-encoded already."""
    sent = {name: value if name in changed else quote(text) for name, text in fields.items()}
    return "&".join(f"{quote(name)}={text}" for name, text in sent.items())


def row_of(name):
    """For an address of the admin: a row of its model, where there is one."""
    for model in admin.site._registry:
        if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
            row = model._default_manager.first()
            return {"object_id": str(row.pk)} if row else {}
    return {}


def forms_of(browser, path):
    answer = undone(browser, "get", path)
    if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
        return []
    return [form for form in Forms(answer.content.decode()).forms if form[1] == "post"]


def test_no_field_of_any_form_breaks_a_page(browsers, values):
    """Hidden ones included: each by itself on the pages of learners, all together in the admin."""
    broken, known = {}, set()
    for name, route, _view in EVERY:
        path = address(route, values, **row_of(name))
        for who in visitors(name):
            for action, _method, fields in forms_of(browsers[who], path):
                target = path if action in ("", ".") or "/" not in action else action
                if (target, *fields) in known:
                    continue
                known.add((target, *fields))
                sent = [body(fields, fields, value) for value in IN_FORMS]
                if who != "root":
                    alone = (BEYOND_BIGINT, BEYOND_INT, *GROWING)
                    sent += [body(fields, [field], value) for field in fields for value in alone]
                for text in sent:
                    status = undone(browsers[who], "post", target, text, FORM).status_code
                    if status >= 500:
                        broken[name, target, text[:200], who] = status
    assert len(known) > 60
    assert broken == {}


def test_nothing_that_is_posted_without_a_form_breaks_a_page(browsers, values):
    broken = {}
    for name, route, view in EVERY:
        path = address(route, values)
        for parameter in sorted(read_by(view, "POST")):
            for value in IN_FIELDS:
                browser = browsers[visitors(name)[0]]
                sent = f"{parameter}={value}"
                status = undone(browser, "post", path, sent, FORM).status_code
                if status >= 500:
                    broken[name, parameter, value[:10]] = status
    assert broken == {}


@pytest.mark.parametrize("path", ["/gallery/?q=a%00b", "/roadmaps/?status=%00"])
def test_a_parameter_that_nobody_can_mean_gets_a_sentence(browsers, path):
    answer = browsers["owner"].get(path)
    assert answer.status_code == 400
    assert "an invisible character" in answer.content.decode()


def test_a_field_that_nobody_can_mean_gets_a_sentence(browsers, values):
    note = reverse("concept_note", args=[values["pk"], values["slug"]])
    answer = browsers["owner"].post(note, {"note": "a\x00b"})
    assert answer.status_code == 400
    assert "an invisible character" in answer.content.decode()


COOKIES = ("sessionid", "csrftoken", "messages", settings.LANGUAGE_COOKIE_NAME)
VALUES = ('"' + "a" * 32 + '\\000"', "\xff\xfe", "9" * 4000, '"\\377\\300"')


@pytest.mark.parametrize("value", VALUES, ids=["NUL", "Latin-1", "long", "no UTF-8"])
def test_no_cookie_breaks_a_page(value, owner):
    for name in COOKIES:
        for path in ("/", "/roadmaps/", "/admin/", "/accounts/login/"):
            browser = Client(raise_request_exception=False)
            answer = browser.get(path, HTTP_COOKIE=f"{name}={value}")
            assert answer.status_code < 500, (name, path)


HEADERS = (
    "ACCEPT_LANGUAGE",
    "USER_AGENT",
    "REFERER",
    "ORIGIN",
    "X_FORWARDED_FOR",
    "X_REQUEST_ID",
    "HX_CURRENT_URL",
)


def test_no_header_breaks_a_page(browsers):
    broken = []
    for name in HEADERS:
        for value in ("a\x00b", "\xff\xfe", "9" * 5000):
            header = {f"HTTP_{name}": value}
            answers = [
                browsers["root"].get(path, **header) for path in ("/", "/roadmaps/", "/admin/")
            ]
            answers.append(
                browsers["visitor"].post(
                    "/accounts/login/", {"login": "x", "password": "y"}, **header
                )
            )
            broken += [(name, value) for answer in answers if answer.status_code >= 500]
    assert broken == []


def test_no_cookie_or_address_breaks_a_socket(owner):
    cookie = b'%s="%s\\000"' % (settings.SESSION_COOKIE_NAME.encode(), b"a" * 32)

    async def code(path):
        opened = socket_at(path)
        opened.scope["headers"].append((b"cookie", cookie))
        accepted = await connect(opened)
        answer = (await opened.receive_output())["code"] if accepted else None
        await leave(opened, 1000)  # raises what the application raised
        return answer

    roadmap = courses.requested(owner)
    assert asyncio.run(code(f"/ws/roadmaps/{roadmap.pk}/")) == 4401
    assert asyncio.run(code("/ws/reviews/")) == 4401
    assert asyncio.run(code("/ws/roadmaps/\x00/")) is None


@pytest.mark.parametrize("text", ["a\\u0000b", "a\\ud800b"])
def test_an_import_with_impossible_text_is_a_course_or_a_sentence(browsers, values, text):
    exported = browsers["owner"].get(
        reverse("roadmap_export", args=[values["pk"], "json"]), follow=True
    )
    content = b"".join(exported.streaming_content) if exported.streaming else exported.content
    title = json.loads(content)["title"]
    changed = content.decode().replace(json.dumps(title), f'"{text}"')
    assert text in changed
    count = Roadmap.objects.count()
    file = SimpleUploadedFile("course.json", changed.encode(), "application/json")
    answer = browsers["owner"].post(reverse("roadmap_import"), {"file": file})
    assert answer.status_code in (302, 400)
    assert Roadmap.objects.count() == count + (answer.status_code == 302)
