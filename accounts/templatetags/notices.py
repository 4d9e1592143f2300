from django import template
from django.contrib.auth.models import AnonymousUser, User

from accounts.models import Notice

register = template.Library()
COUNTED_TO = 99


@register.filter
def unread_notices(user: User | AnonymousUser) -> str:
    """The number of unread notices in at most three characters; empty for none.

    An index of the unread alone answers it.
    """
    count = Notice.objects.shown_to(user).unread()[: COUNTED_TO + 1].count()
    if count > COUNTED_TO:
        return f"{COUNTED_TO}+"
    return str(count or "")
