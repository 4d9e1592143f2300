"""Command that sends lost runs again: manage.py recover."""

from typing import Any

from django.core.management.base import BaseCommand

from roadmaps.engine.recovery import recover


class Command(BaseCommand):
    help = "Send again every run that a dead worker or a lost message left. Safe at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{recover()} sent again")
