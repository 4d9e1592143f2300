"""Command that deletes old rows: manage.py prune."""

from typing import Any

from django.core.management.base import BaseCommand

from roadmaps.removal.retention import prune


class Command(BaseCommand):
    help = (
        "Delete what is older than PRUNE_AFTER_DAYS: ended threads, logs, task results, sessions; "
        "and what lay in the trash for TRASH_DAYS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, count in prune().items():
            self.stdout.write(f"{name}: {count} deleted")
