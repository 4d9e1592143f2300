"""manage.py beat"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.celery import app


class Command(BaseCommand):
    help = "Run Celery beat with the database scheduler; one at a time, by a lock in PostgreSQL."
    requires_system_checks = ()  # they would import all pages and the admin

    def handle(self, *args: Any, **options: Any) -> None:
        app.Beat(
            quiet=settings.LOG_LEVEL in ("WARNING", "ERROR"),
            loglevel=settings.LOG_LEVEL,
            scheduler="django_celery_beat.schedulers:DatabaseScheduler",
        ).run()
