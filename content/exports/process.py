"""Set-up of the process that writes files (`content.exports.writing`), before its first one."""

import signal

import django
from django.apps import apps

if not apps.ready:
    django.setup()
    # A TERM to all processes of a service: this one goes on until its worker has handed over.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

from content.exports.writing import work

__all__ = ["work"]
