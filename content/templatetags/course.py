"""What templates show of a course."""

from django import template
from django.utils.safestring import SafeString

from content.artifacts import labels
from content.rendering import markdown
from roadmaps.models import Roadmap
from roadmaps.people.languages import name_of

register = template.Library()


@register.filter("markdown")
def as_html(text: str) -> SafeString:
    return markdown.render(text)


@register.filter
def difficulty(level: str) -> str:
    return Roadmap.Level.word(level)


@register.filter
def resource_kind(code: str) -> str:
    return labels.resource_kind(code)


@register.filter
def own_name(tag: str) -> str:
    return name_of(tag)


@register.filter
def is_web_address(url: str) -> bool:
    """Whether a link to it may be shown; nothing else is one, such as javascript:."""
    return url.startswith(("https://", "http://"))
