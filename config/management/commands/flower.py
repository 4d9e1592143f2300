"""The command `manage.py flower`."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.celery import app
from config.flower import REFUSAL


class Command(BaseCommand):
    help = "Run Flower, which shows workers and tasks, behind the password of FLOWER_BASIC_AUTH."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=5555)

    def handle(self, *args: Any, address: str, port: int, **options: Any) -> None:
        if not settings.FLOWER_BASIC_AUTH:
            raise CommandError(REFUSAL)
        sys.exit(app.start(["flower", f"--address={address}", f"--port={port}"]))
