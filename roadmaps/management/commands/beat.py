"""manage.py beat"""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.celery import app
from roadmaps import checkpointer
from roadmaps.health import BEAT_LOCK


class Command(BaseCommand):
    help = "Run Celery beat with the database scheduler; one at a time, by a lock in PostgreSQL."

    def handle(self, *args: Any, **options: Any) -> None:
        # The lock lives as long as this connection, so it ends with the process, however that ends.
        with psycopg.connect(**checkpointer.connection_arguments()) as held:
            row = held.execute("SELECT pg_try_advisory_lock(%s) AS locked", [BEAT_LOCK]).fetchone()
            if not (row and row["locked"]):
                raise CommandError("Another beat is running for this database; one is enough.")
            app.Beat(
                quiet=settings.LOG_LEVEL in ("WARNING", "ERROR"),
                loglevel=settings.LOG_LEVEL,
                scheduler="django_celery_beat.schedulers:DatabaseScheduler",
            ).run()
