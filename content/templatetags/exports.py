"""The formats of export, for menus."""

from typing import Any

from django import template

from content.exports import FORMATS
from content.exports.ics import next_monday
from content.exports.rows import size_of
from content.models import Export
from roadmaps.models import Roadmap

register = template.Library()


@register.inclusion_tag("content/_export_formats.html", takes_context=True)
def export_formats(context: Any, roadmap: Roadmap) -> dict[str, Any]:
    """A link to each format, with what it is for, and to what a worker has written or writes."""
    count = roadmap.concepts.count()
    size = size_of(roadmap) if count else 0
    rows = Export.objects.without_file().filter(roadmap=roadmap, owner=context["user"].pk)
    exports = {export.format: export for export in rows}
    formats = [
        {
            "format": format,
            "at_once": size <= format.at_once_up_to,
            "export": exports.get(format.name),
        }
        for format in FORMATS.values()
    ]
    return {"roadmap": roadmap, "formats": formats, "count": count, "monday": next_monday()}
