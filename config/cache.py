"""The cache in Redis, shared by all processes: limits of attempts hold for the installation."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
T = TypeVar("T")


class ForgetfulCache(RedisCache):
    """A cache that forgets while Redis is away, and never fails: people can still sign in."""

    def add(self, key: str, value: Any, *args: Any, **kwargs: Any) -> bool:
        return self._try(lambda: super(ForgetfulCache, self).add(key, value, *args, **kwargs), True)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._try(lambda: super(ForgetfulCache, self).get(key, default, version), default)

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(ForgetfulCache, self).set(key, value, *args, **kwargs), None)

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._try(lambda: super(ForgetfulCache, self).delete(key, version), False)

    def clear(self) -> None:
        """Delete the keys of the cache only: the broker lives in the same database."""
        client = self._cache.get_client(None, write=True)
        if keys := list(client.scan_iter(match=f"{self.key_prefix}:*")):
            client.delete(*keys)

    def _try(self, act: Callable[[], T], instead: T) -> T:
        try:
            return act()
        except (RedisError, OSError) as exc:
            logger.warning("the cache was left out: %s", exc)
            return instead
