"""Time zones: which names exist, in which zone a person reads, and a time in words.

A middleware makes a person's zone Django's current one for each request, so pages ask
`django.utils.timezone` for days and times. Code that writes to a person outside their own request,
as a mail does, asks here.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince

Source = Callable[[Any], str]  # from a user to a zone's name, or an empty text
_sources: list[Source] = []
NO_PLACES = {"Factory", "localtime"}  # files beside the zones; no browser is in them


@cache
def names() -> frozenset[str]:
    return frozenset(available_timezones()) - NO_PLACES


def known(name: str) -> str:
    """The name when there is such a zone, else an empty text: it comes from a browser, so it may
    be anything.
    """
    return name if name in names() else ""


def source(zone_of: Source) -> Source:
    """Decorator of a function by which an app above tells the zone it keeps for a user."""
    _sources.append(zone_of)
    return zone_of


def of(user: Any) -> ZoneInfo:
    """The zone of `user`; the installation's while none is known."""
    zones = (known(zone_of(user)) for zone_of in _sources)
    return ZoneInfo(next(filter(None, zones), settings.TIME_ZONE))


def midnight() -> datetime:
    """The moment at which today began where the reader is."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def in_words(at: datetime) -> str:
    """The moment in the reader's zone, which it names: 2026-11-30 14:05 CET."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"


def ago(moment: datetime) -> str:
    """The time since a moment, in its largest unit: “3 hours ago”."""
    if timezone.now() - moment < timedelta(minutes=1):
        return "just now"
    return f"{timesince(moment, depth=1)} ago"
