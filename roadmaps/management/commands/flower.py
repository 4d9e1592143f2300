"""manage.py flower"""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.celery import app

PREFIX = "FLOWER_"


class Command(BaseCommand):
    help = "Run Flower, which shows workers and tasks, behind the password of FLOWER_BASIC_AUTH."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=5555)

    def handle(self, *args: Any, address: str, port: int, **options: Any) -> None:
        if not settings.FLOWER_BASIC_AUTH:
            raise CommandError("Flower can stop and start everything: set FLOWER_BASIC_AUTH=user:password first.")
        # In the environment, where other users of this machine don't read it as they do a command line.
        os.environ[f"{PREFIX}BASIC_AUTH"] = settings.FLOWER_BASIC_AUTH
        os.environ.pop(f"{PREFIX}BASIC_AUTH_FILE", None)  # Flower stops at a variable that it doesn't know
        app.start(["flower", f"--address={address}", f"--port={port}"])
