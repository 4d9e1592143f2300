#!/usr/bin/env python
"""Django's command line for Cairn. Old Pythons can read it, to say that they are too old."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("Cairn needs Python 3.11 or newer, and this is " + sys.version.split()[0] + ".")

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    if sys.argv[1:2] == ["doctor"]:
        from config import env

        env.note_problems()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as exc:
        sys.exit("Cairn can't start: " + str(exc))
