"""The command `manage.py beat`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.celery import app
from roadmaps.engine import beat_lock


class Command(BaseCommand):
    help = "Run Celery beat with the database scheduler; one at a time, by a lock in PostgreSQL."
    requires_system_checks = ()  # they would import all pages and the admin

    def add_arguments(self, parser: CommandParser) -> None:
        standby = "wait while another beat runs for this database, and take over when it ends"
        parser.add_argument("--standby", action="store_true", help=standby)

    def handle(self, *args: Any, standby: bool, **options: Any) -> None:
        if standby:
            beat_lock.wait()
        app.Beat(
            quiet=settings.LOG_LEVEL in ("WARNING", "ERROR"),
            loglevel=settings.LOG_LEVEL,
            scheduler="django_celery_beat.schedulers:DatabaseScheduler",
        ).run()
