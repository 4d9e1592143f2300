"""Labels of languages and levels, as they stand in a line of facts."""

from django import template

from roadmaps.models import Roadmap
from roadmaps.people.languages import name_of

register = template.Library()
register.filter("own_name", name_of)


@register.filter
def difficulty(level: str) -> str:
    return Roadmap.Level.word(level)
