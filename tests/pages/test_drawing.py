"""No page parses or colours a text, whoever opens it and whatever is stored: workers do that."""

import subprocess
import sys

import latex2mathml.converter
import pygments
import pytest
from django.conf import settings
from markdown_it import MarkdownIt

from content.models import Tutorial
from content.rendering import code, drawing, formulas, markdown
from content.sandbox import Sandbox
from tests.pages.access import ADMIN, OPEN, PAGES, ROLES
from tests.pages.test_access import Cast, address, as_seen, ask

pytestmark = pytest.mark.django_db(transaction=True)

DRAWS = (
    (MarkdownIt, "parse"),
    (pygments, "lex"),
    (code, "highlight"),
    (code, "get_lexer_by_name"),
    (formulas, "draw"),
    (formulas, "convert_to_element"),
    (latex2mathml.converter, "convert_to_element"),
    (markdown, "read"),
    (markdown, "cleaner"),
    (drawing, "draw"),
    (Sandbox, "call"),
)
PARSERS = "pygments.lexer markdown_it nh3 latex2mathml content.rendering.markdown"
IMPORTED = f"""
import sys
import django
django.setup()
import config.asgi
from django.urls import get_resolver
get_resolver().url_patterns
print(sorted(set("{PARSERS}".split()) & set(sys.modules)))
"""


WHO = ("owner", "superuser", "expert link", "shared link")


def visits(role):
    """Names and methods that the table opens to `role`."""
    at = ROLES.index(role)
    for name, rows in PAGES.items():
        for method, row in zip(("get", "post"), rows, strict=True):
            if row[at] == OPEN:
                yield name, method
    for name, letters_of in ADMIN.items():
        for method, letters in zip(("get", "post"), letters_of.split(), strict=True):
            if role == "superuser" and "s" in letters:
                yield name, method


def test_what_is_open_to_anybody_is_visited():
    visited = {visit for role in WHO for visit in visits(role)}
    assert {visit for role in ROLES for visit in visits(role)} <= visited
    assert {("concept_detail", "get"), ("shared_concept", "get")} <= visited
    assert ("admin:content_tutorial_change", "get") in visited


@pytest.mark.parametrize("role", WHO)
def test_no_page_draws(monkeypatch, role):
    cast = Cast()
    long = "```csharp\n" + "\na" * 20_000
    Tutorial.objects.filter(concept__roadmap=cast.roadmap).update(markdown=long)
    tutorials = Tutorial.objects.filter(concept=cast.roadmap.concepts.first())
    values = {
        **cast.values(role),
        "admin:content_tutorial_change": tutorials.get().pk,
        "admin:roadmaps_roadmap_change": cast.roadmap.pk,
    }
    browser = cast.browser(role)
    for place, name in DRAWS:
        monkeypatch.setattr(place, name, lambda *_, name=name, **__: pytest.fail(f"{name} draws"))
    wrong = {
        (name, method, answer.status_code)
        for name, method in visits(role)
        if as_seen(answer := ask(browser, method, address(name, values))) != OPEN
        and name in ("concept_detail", "shared_concept", "admin:content_tutorial_change")
    }
    assert wrong == set()


def test_the_web_imports_no_parser():
    command = [sys.executable, "-c", IMPORTED]
    made = subprocess.run(
        command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=300
    )
    assert made.stdout.splitlines()[-1] == "[]"
