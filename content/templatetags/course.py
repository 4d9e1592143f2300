"""Template tags and filters for the content of a course."""

from typing import Any

from django import template

from content.artifacts import drawings, labels
from content.artifacts.kinds import KINDS, Kind
from content.models import Tutorial

register = template.Library()


@register.simple_tag
def artifact_kinds() -> list[Kind]:
    return list(KINDS.values())


@register.inclusion_tag("content/_written.html")
def written(tutorial: Tutorial) -> dict[str, Any]:
    """The text of a tutorial, as its learner reads it."""
    document, is_drawn = drawings.document(tutorial)
    return {"document": document, "is_drawn": is_drawn}


@register.filter
def resource_kind(code: str) -> str:
    return labels.resource_kind(code)


@register.filter
def is_web_address(url: str) -> bool:
    """Whether a link to it may be shown; nothing else is one, such as javascript:."""
    return url.startswith(("https://", "http://"))
