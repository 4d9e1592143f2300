"""manage.py doctor: what is wrong with this installation, and what to do."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from roadmaps import health

CHECKS = (
    health.database,
    health.migrations,
    health.connections,
    health.broker,
    health.listeners,
    health.models,
)


class Command(BaseCommand):
    help = "Check the services, the migrations, the listeners and the models; exits 1 when something must be done."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [check() for check in CHECKS]
        for works, text in findings:
            self.stdout.write(f"{self.style.SUCCESS('ok  ') if works else self.style.ERROR('BAD ')} {text}")
        if bad := sum(not works for works, _ in findings):
            raise CommandError(f"{bad} of {len(findings)} checks failed.")
