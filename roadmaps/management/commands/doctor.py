"""manage.py doctor: what is wrong with this installation, and what to do."""

import contextlib
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from logs_app.buffer import BROKER_AWAY
from roadmaps import health, heartbeats

PROBE_SECONDS = 5


class Command(BaseCommand):
    help = "Check the services, queues, models and settings; exits 1 when something must be done."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="a list of {check, state, text, remedy}")

    def handle(self, *args: Any, **options: Any) -> None:
        with contextlib.suppress(*BROKER_AWAY):  # a check says so
            heartbeats.probe(PROBE_SECONDS)
        found = [(check.__name__, finding) for check in (*health.QUICK, *health.SLOW) for finding in check()]
        self._tell_as_json(found) if options["json"] else self._tell(found)
        if bad := sum(finding.state == health.FAIL for _, finding in found):
            raise CommandError(f"{bad} of {len(found)} findings must be seen to.")

    def _tell(self, found: list[tuple[str, health.Finding]]) -> None:
        paint = {health.OK: self.style.SUCCESS, health.WARN: self.style.WARNING, health.FAIL: self.style.ERROR}
        for _, finding in found:
            self.stdout.write(f"{paint[finding.state](f'{finding.state:4}')} {finding.text}")
            if finding.remedy:
                self.stdout.write(f"     → {finding.remedy}")

    def _tell_as_json(self, found: list[tuple[str, health.Finding]]) -> None:
        self.stdout.write(json.dumps([{"check": name, **asdict(finding)} for name, finding in found], indent=2))
