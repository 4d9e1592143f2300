"""Every text of the pages that goes through gettext, and the catalogues beside it."""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
APPS = ("config", "roadmaps", "content", "learning", "sharing", "accounts", "logs_app")
KEYWORDS = {
    "Sentence": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "npgettext": ((1, "c"), 2, 3),
    "_": None,
    "_p": ((1, "c"), 2),
}


def sources():
    """Each file with the Python that its texts are read from."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            yield path, path.read_text()
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in (".html", ".txt", ".xml") and "admin" not in path.relative_to(ROOT).parts:
            code = templatize(path.read_text(), origin=str(path))
            # A template's indentation means nothing to Python.
            yield path, "\n".join(line.lstrip() for line in code.splitlines())


def catalogue() -> Catalog:
    found = Catalog()
    for path, source in sources():
        try:
            for line, text, _comments, context in extract(
                "python", BytesIO(source.encode()), KEYWORDS
            ):
                found.add(text, locations=[(str(path.relative_to(ROOT)), line)], context=context)
        except SyntaxError as exc:
            raise AssertionError(f"{path}: {exc}") from exc
    return found


def translated(language: str) -> Catalog:
    with (ROOT / "templates" / "locale" / language / "LC_MESSAGES" / "django.po").open(
        "rb"
    ) as file:
        return read_po(file, locale=language)
