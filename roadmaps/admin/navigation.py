"""Menu of the admin: the pages in ADMIN_MENU that a person may see, by what they are for."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

from roadmaps.models import Review

Entry = tuple[str, str, str, str]  # title, icon, permissions, name of its address
BADGE_MAX = 99
SCHEDULES = {
    "periodictask": "Tasks",
    "intervalschedule": "Intervals",
    "crontabschedule": "Crontabs",
    "clockedschedule": "Once",
    "solarschedule": "By the sun",
}
# Unfold's templates ask for these keys, and looking for one that is missing takes longest.
EMPTY_ITEM = {"badge": None, "link_callback": None}
PLAIN_GROUP = {"collapsible": False, "badge": None}


def menu() -> dict[str, list[Entry]]:
    """ADMIN_MENU, with the entries that its functions return in their place."""
    entries_by_group: dict[str, list[Entry]] = {}
    for group, rows in settings.ADMIN_MENU.items():
        entries = entries_by_group.setdefault(group, [])
        for row in rows:
            if isinstance(row, str):
                entries += import_string(row)()
            else:
                entries.append(row)
    return entries_by_group


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's SIDEBAR navigation."""
    menu_groups: list[dict[str, Any]] = []
    for place, (title, entries) in enumerate(menu().items()):
        items = []
        for name, icon, permissions, address in entries:
            if may_see(request, permissions):
                item = EMPTY_ITEM | {"title": name, "icon": icon, "link": reverse(address)}
                if permissions == "roadmaps.view_review" and (badge := pending_badge()):
                    item |= {"badge": badge, "badge_variant": "primary"}
                items.append(item)
        if items:
            group = {"title": title, "separator": place > 0, "items": items}
            menu_groups.append(group | PLAIN_GROUP)
    return menu_groups


def may_see(request: HttpRequest, permissions: str) -> bool:
    """True for a person with any of `permissions`, which stand in one text; empty: everybody."""
    return not permissions or any(map(request.user.has_perm, permissions.split()))


def address_of(request: HttpRequest, name: str) -> str:
    """The address of the menu's page `name`; empty for a person who may not see it."""
    for entries in menu().values():
        for _title, _icon, permissions, address in entries:
            if address == name and may_see(request, permissions):
                return reverse(name)
    return ""


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's TABS: the kinds of schedule beside the tasks that follow them."""
    items = [
        {"title": title, "link": reverse(f"admin:django_celery_beat_{kind}_changelist")}
        for kind, title in SCHEDULES.items()
        if request.user.has_perm(f"django_celery_beat.view_{kind}")
    ]
    return [{"models": [f"django_celery_beat.{kind}" for kind in SCHEDULES], "items": items}]


def pending_badge() -> str:
    """Pending reviews, counted up to BADGE_MAX only, so that it costs the same whatever waits."""
    waiting = Review.objects.pending().order_by()[: BADGE_MAX + 1].count()
    if waiting > BADGE_MAX:
        return f"{BADGE_MAX}+"
    return str(waiting or "")
