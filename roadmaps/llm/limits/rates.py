"""LLM_REQUESTS_PER_MINUTE and LLM_TOKENS_PER_MINUTE of one provider, counted in Redis for all
processes.
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
    """`limits` is imported by who has set a rate: it takes a tenth of a second that nobody else
    should wait.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        # tokens that calls took beyond what was reserved for them; less than nothing: below it
        self._debt = 0

    @cached_property
    def _shared(self) -> "SlidingWindowCounterRateLimiter":
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter

        options = {
            "implementation": "redispy",
            "key_prefix": "cairn:llm",
            "connection_pool": redis_clients.async_pool(),
        }
        return SlidingWindowCounterRateLimiter(RedisStorage("async+redis://", **options))  # type: ignore[arg-type]

    @cached_property
    def _own(self) -> "SlidingWindowCounterRateLimiter":
        from limits.aio.storage import MemoryStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter

        return SlidingWindowCounterRateLimiter(MemoryStorage())

    @property
    def are_set(self) -> bool:
        return bool(settings.LLM_REQUESTS_PER_MINUTE or settings.LLM_TOKENS_PER_MINUTE)

    async def reserve(self, tokens: int) -> float:
        """Count one more request that takes about `tokens`, or say in how many seconds to ask
        again.
        """
        if allowed := settings.LLM_TOKENS_PER_MINUTE:
            wanted = tokens + self._debt
            cost = min(max(wanted, 0), allowed)
            if pause := await self._try("tokens", allowed, cost):
                return pause
            self._debt = wanted - cost
        if (allowed := settings.LLM_REQUESTS_PER_MINUTE) and (
            pause := await self._try("requests", allowed, 1)
        ):
            self.correct(-tokens)  # paid, and not used yet
            return pause
        return 0.0

    def correct(self, tokens: int) -> None:
        """A call took that many tokens more than were reserved; the next one pays."""
        self._debt += tokens

    async def _try(self, what: str, allowed: int, cost: int) -> float:
        """Count it, or say in how many seconds to try again."""
        try:
            return await _hit(self._shared, (self._provider, what), allowed, cost)
        except (RedisError, OSError) as exc:
            logger.warning(
                "the rate of model calls is this process's own while Redis is away: %s", exc
            )
            part = max(allowed // PROCESSES_ASSUMED, 1)
            return await _hit(self._own, (self._provider, what), part, min(cost, part))


async def _hit(
    limiter: "SlidingWindowCounterRateLimiter", names: tuple[str, str], per_minute: int, cost: int
) -> float:
    from limits import RateLimitItemPerMinute

    item = RateLimitItemPerMinute(per_minute)
    if await limiter.hit(item, *names, cost=cost):
        return 0.0
    pause = (await limiter.get_window_stats(item, *names)).reset_time - time.time()
    return min(max(pause, LOOK_LEAST_SECONDS), LOOK_MOST_SECONDS) * random.uniform(1, 1.2)  # noqa: S311 - no secret
