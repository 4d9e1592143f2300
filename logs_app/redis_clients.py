"""Redis clients of the product, with one set of time-outs.

Celery's broker, Django's cache and Channels have their own. A client may be made before a fork: its
pool notices and opens connections anew. One of asyncio belongs to the loop that uses it.
"""

from typing import Any

import redis
import redis.asyncio
from django.conf import settings

TIMEOUT_SECONDS = 2  # of connecting, and of each answer


def client(timeout: float = TIMEOUT_SECONDS, **options: Any) -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, **_limits(timeout), **options)


def pool(timeout: float = TIMEOUT_SECONDS) -> redis.ConnectionPool:
    """For libraries that make their own clients, in threads."""
    return redis.ConnectionPool.from_url(settings.REDIS_URL, **_limits(timeout))


def async_client() -> redis.asyncio.Redis:
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, **_limits(TIMEOUT_SECONDS))


def async_pool() -> redis.asyncio.ConnectionPool:
    """For libraries that make their own clients."""
    return redis.asyncio.ConnectionPool.from_url(settings.REDIS_URL, **_limits(TIMEOUT_SECONDS))


def _limits(timeout: float) -> dict[str, Any]:
    return {"socket_timeout": timeout, "socket_connect_timeout": timeout}
