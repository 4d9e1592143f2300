"""Labels of the kinds of resources that models name, in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

RESOURCE_KINDS: dict[str, Any] = {
    "article": _("article"),
    "book": _("book"),
    "course": _("course"),
    "documentation": _("documentation"),
    "exercise": _("exercise"),
    "search": _("search"),
    "video": _("video"),
}


def resource_kind(code: str) -> str:
    return str(RESOURCE_KINDS.get(code, code))
