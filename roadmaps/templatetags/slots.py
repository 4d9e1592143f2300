"""Slots of pages: places that templates of other apps fill, as the setting PAGE_SLOTS lists them.

So a page here shows the course, its exports and its share without a name of the apps they are from.
"""

from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def slot(context: Any, name: str) -> SafeString:
    """Every template that fills slot `name`, one after the other, with the page's variables."""
    parts = []
    for path in settings.PAGE_SLOTS[name]:
        filling = context.template.engine.get_template(path)
        with context.push():
            parts.append((filling.render(context),))
    return format_html_join("", "{}", parts)
