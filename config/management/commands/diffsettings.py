"""The command `manage.py diffsettings`."""

from typing import Any

from django.core.management.commands import diffsettings

from logs_app.redaction import redact


class Command(diffsettings.Command):
    """Django's command without secrets: people paste its output into reports."""

    def handle(self, **options: Any) -> str:
        return redact(super().handle(**options))
