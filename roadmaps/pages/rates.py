"""Rates of requests, counted in Redis by all web processes, per person and per address.

The settings are RATES. While Redis is away nothing is counted: people are let in rather than
locked out.
"""

import ipaddress
import logging
import math
import time
from functools import cache
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from redis.exceptions import RedisError

from logs_app import redis_clients

if TYPE_CHECKING:
    from limits.strategies import FixedWindowRateLimiter

logger = logging.getLogger(__name__)

KEY_PREFIX = "cairn:cache:rates"  # forgotten with the cache
REDIS_SECONDS = 1  # no page waits longer for its count
PAUSE_SECONDS = 5  # without counting, after Redis was not there
NETWORK_PREFIX = 64  # bits of an IPv6 address: the network of one customer

_away_until = 0.0


@cache
def limiter() -> "FixedWindowRateLimiter":
    """A window begins with its first request, so that what is left of it is the time to wait."""
    from limits.storage import RedisStorage
    from limits.strategies import FixedWindowRateLimiter

    pool = redis_clients.pool(REDIS_SECONDS)
    return FixedWindowRateLimiter(
        RedisStorage("redis://", connection_pool=pool, key_prefix=KEY_PREFIX)
    )


def count(request: HttpRequest, action: str) -> int:
    """Count a request for `action`; returns 0, or the seconds after which to try again."""
    global _away_until
    if time.monotonic() < _away_until:
        return 0
    try:
        return _count(request, action)
    except (RedisError, OSError) as exc:
        _away_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("rates are not counted while Redis is away: %s", exc)
        return 0


def _count(request: HttpRequest, action: str) -> int:
    from limits import RateLimitItemPerSecond

    wait = 0
    for rate in settings.RATES[action]:
        who = counted_as(request, rate.per)
        item = RateLimitItemPerSecond(rate.amount, rate.seconds)
        if who and not limiter().hit(item, action, rate.per, who):
            ends = limiter().get_window_stats(item, action, rate.per, who).reset_time
            wait = max(wait, math.ceil(ends - time.time()), 1)
    return wait


def counted_as(request: HttpRequest, per: str) -> str:
    """The key by which a request counts per person, address or stranger; empty: it doesn't."""
    # Without the cookie nobody is signed in; to ask the session would make the page vary by it.
    user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    if user is not None and user.is_authenticated:
        keys = {"person": str(user.pk), "address": address_of(request)}
        return keys.get(per, "")
    return "" if per == "person" else address_of(request)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from."""
    try:
        return network_of(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return ""


def network_of(text: str) -> str:
    """The address itself, of IPv6 its network; empty if it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, NETWORK_PREFIX), strict=False).network_address)
