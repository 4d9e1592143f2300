"""Command that checks this installation and says what to do: manage.py doctor."""

import contextlib
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from logs_app.buffer import BROKER_AWAY
from roadmaps.operations import health, heartbeats, patience

PROBE_SECONDS = 5
PATIENCE_SECONDS = 2  # for a connection, in each check


class Command(BaseCommand):
    help = "Check the services, queues, models and settings; exits 1 when something must be done."
    requires_system_checks = ()  # `framework` makes them, beside the others

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="a list of {check, state, text, remedy}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        token = patience.seconds.set(PATIENCE_SECONDS)
        try:
            with contextlib.suppress(*BROKER_AWAY):  # a check says so
                heartbeats.probe(PROBE_SECONDS)
            results = health.examine((*health.QUICK, *health.SLOW))
        finally:
            patience.seconds.reset(token)

        if options["json"]:
            rows = [{"check": result.check, **asdict(result.finding)} for result in results]
            self.stdout.write(json.dumps(rows, indent=2))
        else:
            self.show(results)
        if bad := sum(result.finding.state == health.FAIL for result in results):
            raise CommandError(f"{bad} of {len(results)} findings must be seen to.")

    def show(self, results: list[health.Result]) -> None:
        paint = {
            health.OK: self.style.SUCCESS,
            health.WARN: self.style.WARNING,
            health.FAIL: self.style.ERROR,
        }
        for result in results:
            finding = result.finding
            self.stdout.write(
                f"{paint[finding.state](f'{finding.state:4}')} {result.check}: {finding.text}"
            )
            if finding.remedy:
                self.stdout.write(f"     → {finding.remedy}")
