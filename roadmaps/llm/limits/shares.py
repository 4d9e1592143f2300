"""Shares of LLM_CONCURRENCY: the model calls that each process may have open, settled in Redis.

There are two limits. A provider's is the setting. A model's adapts to how many calls it refuses.
"""

import logging
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from redis.exceptions import RedisError

from logs_app import redis_clients

logger = logging.getLogger(__name__)

SCRIPT = (Path(__file__).parent / "shares.lua").read_text()
LEASE_SECONDS = 3.0  # the share of a process that is silent for so long goes to the others
SETTLING_SECONDS = 0.6  # after Redis was emptied: longer than any process is silent
NEW = -1  # instead of a share: Redis doesn't know this process, and need not
PROCESSES_ASSUMED = 4  # while Redis is away and nobody knows
TOO_MANY_PERCENT = 20  # of a model's calls refused: its limit sinks
JUDGED_CALLS = 10  # ended ones, at the least, before a share of refusals means something
FORGET_SECONDS = 60.0  # without sinking: a size that was too large then may fit now
PAUSE_LEAST_SECONDS = 0.25  # when a model takes nothing at all


@dataclass
class Report:
    """A process's report: its open and waiting calls, and the ends of calls since the last one."""

    demand: int
    running: int
    succeeded: int = 0
    refused: int = 0
    pause_seconds: float = 0.0  # the longest that a refusal asked for


@dataclass(frozen=True)
class Allotment:
    """The calls that a process may have open, and a pause before the next one begins."""

    calls: int
    pause_seconds: float = 0.0


class Shares:
    """This process's share of one limit, with a hash in Redis that all processes know by its name.

    `adapts`: the limit sinks and grows with the share of refused calls, LLM_CONCURRENCY at most.
    """

    def __init__(self, name: str, *, adapts: bool = False) -> None:
        self._redis = redis_clients.async_client()
        self.script = self._redis.register_script(SCRIPT)
        self._key = f"cairn:llm:{name}"
        self._adapts = adapts
        self._process = uuid.uuid4().hex
        self._calls = NEW
        self._away = False

    async def settle(self, report: Report) -> Allotment:
        """Exchange the report for this process's share.

        Without Redis that is the share of before, or a safe part of all.
        """
        pause = max(report.pause_seconds, PAUSE_LEAST_SECONDS)
        arguments: list[str | int] = [
            self._process,
            report.demand,
            report.running,
            self._calls,
            settings.LLM_CONCURRENCY,
            report.succeeded,
            report.refused,
            round(pause * 1000),
            round(LEASE_SECONDS * 1000),
            round(SETTLING_SECONDS * 1000),
            int(self._adapts),
            TOO_MANY_PERCENT,
            JUDGED_CALLS,
            round(FORGET_SECONDS * 1000),
        ]
        try:
            calls, pause = await self.script(keys=[self._key], args=arguments)
        except (RedisError, OSError) as exc:
            return self._without_redis(exc)
        self._away = False
        self._calls = int(calls) if report.demand else NEW
        return Allotment(int(calls), int(pause) / 1000)

    def _without_redis(self, exc: Exception) -> Allotment:
        if not self._away:
            logger.warning(
                "the limit of model calls is this process's own while Redis is away: %s", exc
            )
        self._away = True
        if self._calls == NEW:
            self._calls = settings.LLM_CONCURRENCY // PROCESSES_ASSUMED
        self._calls = max(1, self._calls)  # nobody waits for Redis
        return Allotment(self._calls)
