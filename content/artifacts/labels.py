"""Codes that models write, in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from roadmaps.sentences import Sentence

PARTS = {
    "tutorial": Sentence("Tutorial"),
    "resources": Sentence("Resources"),
    "quiz": Sentence("Quiz"),
}
KINDS: dict[str, Any] = {
    "article": _("article"),
    "book": _("book"),
    "course": _("course"),
    "documentation": _("documentation"),
    "exercise": _("exercise"),
    "search": _("search"),
    "video": _("video"),
}


def kind(of: str) -> str:
    """Of a resource."""
    return str(KINDS.get(of, of))
