"""The command `manage.py worker [workflow|content|logs|all]`."""

import os
import sys
import warnings
from typing import Any

from celery.utils.nodenames import host_format
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.celery import app

# Queues, and tasks at once in threads: waiting for models costs a thread next to nothing.
KINDS = {
    "workflow": (["roadmap_workflow"], 500),
    "content": (["content_generation"], 50),
    "logs": (["logs"], 2),
    "all": (list(settings.QUEUES), 500),
}


class Command(BaseCommand):
    help = "Run a Celery worker on the queues of one kind of work, or on all of them."
    requires_system_checks = ()  # they would import all pages and the admin

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", default="all", choices=list(KINDS))
        parser.add_argument("--concurrency", type=int, help="tasks at once")
        pools = ["threads", "prefork", "solo"]
        parser.add_argument("--pool", choices=pools, default=settings.WORKER_POOL)

    def handle(
        self, *args: Any, kind: str, concurrency: int | None, pool: str, **options: Any
    ) -> None:
        queues, threads = KINDS[kind]
        if pool == "threads":
            concurrency = concurrency or settings.WORKER_CONCURRENCY or threads
        warnings.filterwarnings("ignore", message="You're running the worker")
        # Not by `celery worker`: its command line imports Flower and an interactive shell.
        worker = app.Worker(
            queues=queues,
            hostname=host_format(f"{kind}-{os.getpid()}@%h"),
            concurrency=concurrency,
            pool_cls=pool,
            loglevel=settings.LOG_LEVEL,
            quiet=settings.LOG_LEVEL in ("WARNING", "ERROR"),
            without_mingle=True,
            without_gossip=True,
        )
        worker.start()
        sys.exit(worker.exitcode)
