"""How many model calls this process may have open, as part of what all processes may have together
(Redis).
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
CUT_EVERY_SECONDS = 0.25  # refusals within this time are one sign, not many
NEW = -1  # instead of a share: Redis doesn't know this process, and need not
PROCESSES_ASSUMED = 4  # while Redis is away and nobody knows


@dataclass
class Report:
    """What a process tells: its calls open and waiting, and how those ended that ended since the
    last report.
    """

    demand: int
    running: int
    succeeded: int = 0
    refused: int = 0
    pause_seconds: float = 0.0


@dataclass(frozen=True)
class Share:
    calls: int
    pause_seconds: float = 0.0


class Shares:
    def __init__(self, provider: str) -> None:
        self._redis = redis_clients.async_client()
        self._script = self._redis.register_script(SCRIPT)
        self._key = f"cairn:llm:{provider}"
        self._process = uuid.uuid4().hex
        self._calls = NEW
        self._away = False

    async def settle(self, report: Report) -> Share:
        """Exchange the report for this process's share. Without Redis: what it had, or a safe
        part.
        """
        try:
            calls, pause = await self._script(keys=[self._key], args=self._arguments(report))
        except (RedisError, OSError) as exc:
            return self._without_redis(exc)
        self._away, self._calls = False, int(calls) if report.demand else NEW
        return Share(int(calls), int(pause) / 1000)

    def _arguments(self, report: Report) -> list[str | int]:
        seconds = (report.pause_seconds, LEASE_SECONDS, SETTLING_SECONDS, CUT_EVERY_SECONDS)
        pause, lease, settling, cut_every = (round(value * 1000) for value in seconds)
        counts = (report.demand, report.running, self._calls, settings.LLM_CONCURRENCY)
        return [
            self._process,
            *counts,
            report.succeeded,
            report.refused,
            pause,
            lease,
            settling,
            cut_every,
        ]

    def _without_redis(self, exc: Exception) -> Share:
        if not self._away:
            logger.warning(
                "the limit of model calls is this process's own while Redis is away: %s", exc
            )
        self._away = True
        if self._calls == NEW:
            self._calls = settings.LLM_CONCURRENCY // PROCESSES_ASSUMED
        self._calls = max(1, self._calls)  # nobody waits for Redis
        return Share(self._calls)
