"""Names run one way, as imports do: no app below names one above in a string or a template."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.template import Engine
from django.urls import URLPattern, get_resolver

ROOT = Path(__file__).parent.parent
APPS = ("config", "accounts", "sharing", "learning", "content", "roadmaps", "logs_app")
TEMPLATES = {  # besides the folder of an app's name
    "roadmaps": ["admin/*.html", "admin/dashboard/*", "admin/roadmaps/*", "admin/system/*"],
    "content": ["admin/content/*"],
}
TO_AN_ADDRESS = ("reverse", "reverse_lazy", "redirect", "resolve_url")
BELOW = ("roadmaps", "logs_app")
ALLOWED = [
    "logs_app/repeats.py: roadmaps.operations.probes",  # a logger, beside those of clients
]


def above(app):
    return APPS[: APPS.index(app)]


def words_of(app):
    """A pattern of what belongs to `app`: its modules, permissions, templates and tables."""
    models = [model._meta.db_table for model in apps.get_models() if model._meta.app_label == app]
    return rf"\b({app}[./]\w|{'|'.join([app + '_urlconf', *models])}\b)"


def addresses() -> dict[str, str]:
    """App by name of an address."""

    def walk(patterns) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                if pattern.name:
                    yield pattern.name, pattern.callback.__module__.split(".")[0]
            elif not pattern.namespace:
                yield from walk(pattern.url_patterns)

    return dict(walk(get_resolver().url_patterns))


def strings(path) -> Iterator[tuple[str, bool]]:
    """Texts of a module but for docstrings, and whether each is the name of an address."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in TO_AN_ADDRESS:
                names.add(node.args[0])
        elif isinstance(node, ast.Expr):
            node.value = ast.Constant(None)  # a docstring
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node in names


@pytest.mark.parametrize("app", BELOW)
def test_no_module_names_an_app_above(app):
    by_name = addresses()
    upward = re.compile("|".join(map(words_of, above(app))))
    found = []
    for path in sorted((ROOT / app).rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for text, is_address in strings(path):
            if upward.search(text) or (is_address and by_name.get(text) in above(app)):
                found.append(f"{path.relative_to(ROOT)}: {text}")
    found = [name for name in found if name not in ALLOWED]
    assert not found, "\n".join(found)


def templates_of(app):
    folder = ROOT / "templates"
    for pattern in [f"{app}/**/*.*", *TEMPLATES.get(app, [])]:
        yield from (path for path in folder.glob(pattern) if path.is_file())


@pytest.mark.parametrize("app", BELOW)
def test_no_template_names_an_app_above(app):
    by_name = addresses()
    libraries = Engine.get_default().libraries
    upward = re.compile("|".join(map(words_of, above(app))))
    found = []
    for path in templates_of(app):
        for tag in re.findall(r"{%(.*?)%}", path.read_text(encoding="utf-8"), re.DOTALL):
            name, *words = tag.split()
            if name == "load":
                owners = {libraries[word].split(".")[0] for word in words if word in libraries}
            elif name == "static":  # all apps' files stand in one folder
                continue
            elif name == "url":
                owners = {by_name.get(words[0].strip("'\""), "")}
            else:
                owners = set()
            if owners & set(above(app)) or (name != "blocktranslate" and upward.search(tag)):
                found.append(f"{path.relative_to(ROOT)}: {tag}")
    assert not found, "\n".join(found)
