"""Flower's password and address, from whatever line it was started.

`manage.py flower` and `celery -A config flower` ask for the same.
"""

import sys

import click
from django.conf import settings

REFUSAL = "Flower can stop and start everything: set FLOWER_BASIC_AUTH=user:password first."


def guard() -> None:
    """End Flower when it has no password; without an address it listens on this machine only.

    Does nothing in other commands.
    """
    context = click.get_current_context(silent=True)
    if context is None or context.info_name != "flower":
        return

    from tornado.options import options  # only Flower needs it

    if settings.FLOWER_BASIC_AUTH:
        # Flower itself would split the variable at commas, and knows no FLOWER_BASIC_AUTH_FILE.
        options.basic_auth = [settings.FLOWER_BASIC_AUTH]

    if not (options.auth or _are_passwords(options.basic_auth)):
        sys.exit(REFUSAL)

    options.address = options.address or "127.0.0.1"


def _are_passwords(credentials: list[str]) -> bool:
    parts = [credential.partition(":") for credential in credentials]
    return bool(parts) and all(user and password for user, _, password in parts)
