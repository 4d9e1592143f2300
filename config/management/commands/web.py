"""The command `manage.py web`."""

import resource
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config import connections


class Command(BaseCommand):
    help = "Run the web: pages and WebSockets, with limits for slow and idle connections."
    requires_system_checks = ()  # they are made by whoever deploys

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="of this machine; 0.0.0.0: all")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fd", type=int, help="a listening socket, instead of host and port")
        patience = "after a TERM, open pages have so long to end"
        parser.add_argument("--stop-seconds", type=int, default=20, help=patience)

    def handle(
        self,
        *args: Any,
        host: str,
        port: int,
        fd: int | None,
        stop_seconds: int,
        **options: Any,
    ) -> None:
        # Each connection needs a file; many systems give a process 1024 until it asks.
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        uvicorn.run(
            "config.asgi:application",
            host=host,
            port=port,
            fd=fd,
            log_config=None,  # the settings have configured its loggers
            log_level=settings.LOG_LEVEL.lower(),
            timeout_graceful_shutdown=stop_seconds,
            **connections.options(),
        )
