"""Times on pages, in the reader's zone."""

from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter(expects_localtime=True)
def moment(at: datetime | None, form: str = "DATETIME_FORMAT") -> SafeString | str:
    """`<time>` with the exact moment for programs: {{ review.decided_at|moment }}, or with a format of its own."""
    if at is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), date_format(at, form))
