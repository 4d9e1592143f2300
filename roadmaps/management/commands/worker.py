"""manage.py worker [workflow|content|logs|all]"""

import os
import warnings
from typing import Any

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

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", default="all", choices=list(KINDS))
        parser.add_argument("--concurrency", type=int, help="tasks at once")
        parser.add_argument("--pool", choices=["threads", "prefork", "solo"], default=settings.CELERY_WORKER_POOL)

    def handle(self, *args: Any, kind: str, concurrency: int | None, pool: str, **options: Any) -> None:
        queues, threads = KINDS[kind]
        count = concurrency or (threads if pool == "threads" else PREFORK_CONCURRENCY)
        named = ["-Q", ",".join(queues), "-n", f"{kind}-{os.getpid()}@%h"]
        quiet = ["-q"] if settings.LOG_LEVEL in ("WARNING", "ERROR") else []
        warnings.filterwarnings("ignore", message="You're running the worker")
        app.start(
            [
                *quiet,
                "worker",
                "--without-mingle",
                "--without-gossip",
                *named,
                "-c",
                str(count),
                "-P",
                pool,
                "--loglevel",
                settings.LOG_LEVEL,
            ]
        )
