"""Command that stops one roadmap: manage.py cancel ROADMAP_ID."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Roadmap
from roadmaps.services import cancel_run


class Command(BaseCommand):
    help = (
        "Stop a roadmap in whatever state it is; nothing is written afterwards,"
        " and a retry goes on from there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("roadmap_id", type=uuid.UUID)

    def handle(self, *args: Any, roadmap_id: uuid.UUID, **options: Any) -> None:
        roadmap = Roadmap.objects.filter(pk=roadmap_id).first()
        if roadmap is None:
            raise CommandError(f"There is no roadmap {roadmap_id}.")
        try:
            cancel_run(roadmap, by=None)
        except InvalidTransition as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"“{roadmap}” is cancelled.")
