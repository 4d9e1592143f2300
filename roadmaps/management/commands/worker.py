"""manage.py worker [workflow|content|logs|all]"""

import os
import sys
import warnings
from typing import Any

from celery.utils.nodenames import host_format
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.celery import app

# Queues, and how many tasks at once under threads: waiting for models costs a thread next to nothing.
KINDS = {
    "workflow": (["roadmap_workflow"], 500),
    "content": (["content_generation"], 50),
    "logs": (["logs"], 2),
    "all": (list(settings.QUEUES), 500),
}
PREFORK_CONCURRENCY = 2


class Command(BaseCommand):
    help = "Run a Celery worker on the queues of one kind of work, or on all of them."
    requires_system_checks = ()  # they would import all pages and the admin

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", default="all", choices=list(KINDS))
        parser.add_argument("--concurrency", type=int, help="tasks at once")
        parser.add_argument("--pool", choices=["threads", "prefork", "solo"], default=settings.CELERY_WORKER_POOL)

    def handle(self, *args: Any, kind: str, concurrency: int | None, pool: str, **options: Any) -> None:
        queues, threads = KINDS[kind]
        warnings.filterwarnings("ignore", message="You're running the worker")
        # Not by `celery worker`: its command line imports Flower and an interactive shell.
        worker = app.Worker(
            queues=queues,
            hostname=host_format(f"{kind}-{os.getpid()}@%h"),
            concurrency=concurrency or (threads if pool == "threads" else PREFORK_CONCURRENCY),
            pool_cls=pool,
            loglevel=settings.LOG_LEVEL,
            quiet=settings.LOG_LEVEL in ("WARNING", "ERROR"),
            without_mingle=True,
            without_gossip=True,
        )
        worker.start()
        sys.exit(worker.exitcode)
