"""Celery's worker as Cairn runs it."""

from typing import Any

from celery.apps import worker

from config.redaction import redact_all


class Worker(worker.Worker):
    def stats(self) -> dict[str, Any]:
        """Without the broker's password, which the address of a Unix socket carries."""
        stats: dict[str, Any] = redact_all(super().stats())
        return stats
