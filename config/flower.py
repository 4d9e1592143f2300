"""The guard of Flower: its password and address, by every command that starts it.

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

    credentials = [credential.partition(":") for credential in options.basic_auth]
    has_passwords = all(user and password for user, _, password in credentials)
    if not (options.auth or (credentials and has_passwords)):
        sys.exit(REFUSAL)

    options.address = options.address or "127.0.0.1"
