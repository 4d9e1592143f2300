"""Concepts and curves of a plan's picture as SVG, for the same reason as `review_tree`."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from roadmaps.plan.picture import Box, Picture

CURVE = """
<path class="curve" d="{}" data-source="{}" data-target="{}" marker-end="url(#arrow)"></path>"""
NODE = """
<a class="concept {marks}" href="#{id}" data-id="{id}" aria-label="{words}" transform="translate({place})">\
<title>{words}</title><rect width="{width}" height="{height}" rx="6"></rect>{shape}\
<text>{lines}<tspan class="note" x="{width}" dx="-7" y="22" text-anchor="end">{note}</tspan></text>{flag}</a>"""
LINE = '<tspan x="26" y="{}">{}</tspan>'
# difficulty → its shape
SHAPES = {
    "beginner": SafeString('<circle cx="13" cy="18" r="4.5"></circle>'),
    "intermediate": SafeString('<path class="shape" d="M 13 12 L 19 18 L 13 24 L 7 18 z"></path>'),
    "advanced": SafeString('<path class="shape" d="M 13 12 L 19.5 23.5 L 6.5 23.5 z"></path>'),
}
# the worst of a concept's issues → the flag at its corner
FLAGS = {
    "critical": '<path class="flag" d="M 0 -4 L 5 5 L -5 5 z" transform="translate({} 2)"></path>',
    "warning": '<circle class="flag" cx="{}" cy="2" r="4.5"></circle>',
}


def curves(picture: Picture) -> SafeString:
    return format_html_join(
        "", CURVE, ((curve.path, curve.source, curve.target) for curve in picture.curves)
    )


def nodes(picture: Picture) -> SafeString:
    return SafeString("".join(_node(box) for box in picture.concepts))


def _node(box: Box) -> SafeString:
    flag = next((markup for severity, markup in FLAGS.items() if severity in box.marks), "")
    return format_html(
        NODE,
        marks=" ".join(box.marks),
        id=box.id,
        words=box.words,
        place=box.place,
        width=box.width,
        height=box.height,
        shape=SHAPES.get(box.difficulty, SHAPES["advanced"]),
        lines=format_html_join("", LINE, box.rows),
        note=box.note,
        flag=format_html(flag, box.width) if flag else "",
    )
