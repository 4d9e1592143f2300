"""Template tags and filters for the content of a course."""

from django import template
from django.utils.safestring import SafeString

from content.artifacts import labels
from content.artifacts.kinds import KINDS, Kind
from content.rendering import markdown

register = template.Library()


@register.simple_tag
def artifact_kinds() -> list[Kind]:
    return list(KINDS.values())


@register.filter("markdown")
def as_html(text: str) -> SafeString:
    return markdown.render(text)


@register.filter
def resource_kind(code: str) -> str:
    return labels.resource_kind(code)


@register.filter
def is_web_address(url: str) -> bool:
    """Whether a link to it may be shown; nothing else is one, such as javascript:."""
    return url.startswith(("https://", "http://"))
