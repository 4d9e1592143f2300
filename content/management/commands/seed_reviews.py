"""manage.py seed_reviews: a full desk, for looking and measuring.

Nothing for an installation that people use.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from content import seeding


class Command(BaseCommand):
    help = "Fill the database with made-up roadmaps, reviews, logs and courses, to see pages with many rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reviews", type=int, default=100_000)
        parser.add_argument("--logs", type=int, default=1_000_000)
        parser.add_argument(
            "--yes", action="store_true", help="also without DEBUG: these rows are hard to take out"
        )

    def handle(self, *args: Any, reviews: int, logs: int, yes: bool, **options: Any) -> None:
        if not (settings.DEBUG or yes):
            raise CommandError(
                "This fills the database with made-up rows; say --yes if that is what you want."
            )
        if min(reviews, logs) < 1:
            raise CommandError("--reviews and --logs are counts from 1.")
        if seeding.is_seeded():
            raise CommandError(
                "This database is seeded already; start with an empty one, such as another VAR_DIR."
            )
        for what, count in seeding.seed(reviews=reviews, logs=logs):
            self.stdout.write(f"{what}: {count:,}")
