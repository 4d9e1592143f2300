"""Command that encrypts the secrets of second factors: manage.py second_factors."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.second_factors import decrypt_all, encrypt_all


class Command(BaseCommand):
    help = (
        "Encrypt the secrets of second factors by the SECRET_KEY of now, as beat has it done every"
        " hour; --decrypt before an older release starts again, which can't read them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--decrypt", action="store_true", help="write them unencrypted")

    def handle(self, *args: Any, decrypt: bool, **options: Any) -> None:
        counts = decrypt_all() if decrypt else encrypt_all()
        self.stdout.write(f"{counts['rewritten']} written anew")
        if counts["unreadable"]:
            raise CommandError(
                f"{counts['unreadable']} can't be read: they were encrypted by a SECRET_KEY that is"
                " neither this one nor one of SECRET_KEY_FALLBACKS."
            )
