"""The formats of export, for menus."""

from typing import Any

from django import template

from content.exports import FORMATS
from content.exports.ics import next_monday
from roadmaps.models import Roadmap

register = template.Library()


@register.inclusion_tag("content/_export_formats.html")
def export_formats(roadmap: Roadmap) -> dict[str, Any]:
    """A link to each format, with what it is for."""
    count = roadmap.concepts.count()
    formats = [{"format": one, "at_once": count <= one.at_once_up_to} for one in FORMATS.values()]
    return {"roadmap": roadmap, "formats": formats, "count": count, "monday": next_monday()}
