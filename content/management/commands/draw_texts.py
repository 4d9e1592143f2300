"""Command that draws texts which aren't drawn yet: manage.py draw_texts."""

import math
from typing import Any

from django.core.management.base import BaseCommand

from content.artifacts import drawings


class Command(BaseCommand):
    help = (
        "Draw every tutorial that an older release or renderer left, as beat does in portions."
        " Safe at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{drawings.draw_left_over(math.inf)} drawn")
