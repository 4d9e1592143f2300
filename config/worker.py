"""Celery's worker with Cairn's defaults: its pool, concurrency and limits."""

import logging
from typing import Any

import click
from celery.apps import worker
from celery.concurrency import get_implementation
from click.core import ParameterSource
from django.conf import settings

from logs_app.redaction import redact_all

logger = logging.getLogger(__name__)

# Tasks at once where neither the command line nor WORKER_CONCURRENCY has a number: waiting for a
# model costs a thread next to nothing.
CONCURRENCY = {"thread": 200, "prefork": 2, "solo": 1}

# Options that need a process per task, and the settings that limit tasks or workers in any pool.
NEED_PROCESSES = {
    "max_tasks_per_child": "WORKER_MAX_TASKS lets the worker hand over and end after so many tasks",
    "max_memory_per_child": "WORKER_MAX_MEMORY_MB lets the worker hand over and end above so much",
    "time_limit": "RUN_TIMEOUT_SECONDS and NODE_TIMEOUT_SECONDS limit runs and their steps",
    "soft_time_limit": "RUN_TIMEOUT_SECONDS and NODE_TIMEOUT_SECONDS limit runs and their steps",
}


class Worker(worker.Worker):
    pool_cls: Any
    concurrency: Any
    max_tasks_per_child: int | None
    max_memory_per_child: int | None

    def setup_defaults(self, pool: Any = None, pool_cls: Any = None, **options: Any) -> None:
        chosen = pool or pool_cls
        if not chosen or _is_default("pool"):
            chosen = settings.WORKER_POOL
        super().setup_defaults(pool=get_implementation(chosen), **options)

        if not self.concurrency:
            self.concurrency = settings.WORKER_CONCURRENCY or CONCURRENCY.get(self.pool_name)

        if self.pool_name == "prefork":
            if not self.max_tasks_per_child and settings.WORKER_MAX_TASKS:
                self.max_tasks_per_child = settings.WORKER_MAX_TASKS
            if not self.max_memory_per_child and settings.WORKER_MAX_MEMORY_MB:
                self.max_memory_per_child = settings.WORKER_MAX_MEMORY_MB * 1024  # Celery's KiB

    @property
    def pool_name(self) -> str:
        return str(self.pool_cls.__module__).rpartition(".")[2]

    def on_start(self) -> None:
        super().on_start()
        if self.pool_name == "prefork":
            return

        for option, remedy in NEED_PROCESSES.items():
            if getattr(self, option):
                line = option.replace("_", "-")
                logger.warning("--%s has no effect without prefork; %s.", line, remedy)

    def stats(self) -> dict[str, Any]:
        """The worker's statistics without the broker's password."""
        stats: dict[str, Any] = redact_all(super().stats())
        return stats


def _is_default(option: str) -> bool:
    """True when `celery worker` was started without this option and click passes its default."""
    context = click.get_current_context(silent=True)
    if context is None:
        return False
    return context.get_parameter_source(option) is ParameterSource.DEFAULT
