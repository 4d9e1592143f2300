"""Rate limits of a provider's requests and tokens per minute, counted in Redis by all processes.

The settings are LLM_REQUESTS_PER_MINUTE and LLM_TOKENS_PER_MINUTE.
"""

import logging
import random
import time
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from redis.exceptions import RedisError

from logs_app import redis_clients
from roadmaps.llm.limits.shares import PROCESSES_ASSUMED

if TYPE_CHECKING:
    from limits.aio.strategies import SlidingWindowCounterRateLimiter

logger = logging.getLogger(__name__)

LOOK_LEAST_SECONDS, LOOK_MOST_SECONDS = 0.05, 2.0  # between two tries


class Rates:
    """The rates of one provider.

    The package `limits` is imported where a rate is set: it takes a tenth of a second that other
    installations should not wait.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        # Tokens that calls took beyond those reserved for them; negative when they took fewer.
        self._debt = 0

    @cached_property
    def _shared(self) -> "SlidingWindowCounterRateLimiter":
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter

        pool = redis_clients.async_pool()
        options = {"implementation": "redispy", "key_prefix": "cairn:llm", "connection_pool": pool}
        storage = RedisStorage("async+redis://", **options)  # type: ignore[arg-type]
        return SlidingWindowCounterRateLimiter(storage)

    @cached_property
    def _local(self) -> "SlidingWindowCounterRateLimiter":
        from limits.aio.storage import MemoryStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter

        return SlidingWindowCounterRateLimiter(MemoryStorage())

    @property
    def are_set(self) -> bool:
        return bool(settings.LLM_REQUESTS_PER_MINUTE or settings.LLM_TOKENS_PER_MINUTE)

    async def reserve(self, tokens: int) -> float:
        """Count one more request that takes about `tokens`.

        Returns 0, or the seconds after which to ask again, when nothing was counted.
        """
        if per_minute := settings.LLM_TOKENS_PER_MINUTE:
            due = tokens + self._debt
            cost = min(max(due, 0), per_minute)
            if pause := await self._count("tokens", per_minute, cost):
                return pause
            self._debt = due - cost
        per_minute = settings.LLM_REQUESTS_PER_MINUTE
        if per_minute and (pause := await self._count("requests", per_minute, 1)):
            self.correct(-tokens)  # paid, and not used yet
            return pause
        return 0.0

    def correct(self, tokens: int) -> None:
        """Let the next call pay for the tokens that one took beyond those reserved."""
        self._debt += tokens

    async def _count(self, unit: str, per_minute: int, cost: int) -> float:
        """Count `cost` in Redis, or in this process while Redis is away; returns a pause."""
        try:
            return await count_hit(self._shared, (self._provider, unit), per_minute, cost)
        except (RedisError, OSError) as exc:
            logger.warning(
                "the rate of model calls is this process's own while Redis is away: %s", exc
            )
            part = max(per_minute // PROCESSES_ASSUMED, 1)
            return await count_hit(self._local, (self._provider, unit), part, min(cost, part))


async def count_hit(
    limiter: "SlidingWindowCounterRateLimiter", names: tuple[str, str], per_minute: int, cost: int
) -> float:
    from limits import RateLimitItemPerMinute

    item = RateLimitItemPerMinute(per_minute)
    if await limiter.hit(item, *names, cost=cost):
        return 0.0
    window = await limiter.get_window_stats(item, *names)
    pause = min(max(window.reset_time - time.time(), LOOK_LEAST_SECONDS), LOOK_MOST_SECONDS)
    return pause * random.uniform(1, 1.2)  # noqa: S311 - no secret
