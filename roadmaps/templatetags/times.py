"""Times on pages, in the reader's zone."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter(expects_localtime=True)
def moment(at: datetime | str | None, form: str = "DATETIME_FORMAT") -> SafeString | str:
    """`<time>` with the exact moment for programs: {{ review.decided_at|moment }}, or with a
    format of its own.

    A text is a time as the execution log and sockets write it, in ISO 8601.
    """
    if at is None:
        return ""
    if isinstance(at, str):
        at = timezone.localtime(datetime.fromisoformat(at))
    return format_html(
        '<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), date_format(at, form)
    )
