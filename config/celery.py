"""The Celery application; everything about it is read from settings."""

import os
from functools import cached_property
from typing import Any

from celery import Celery
from celery.signals import beat_init, import_modules, worker_init, worker_process_init
from kombu.transport import TRANSPORT_ALIASES

from config import flower, tracing
from logs_app.redaction import redact

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# `migrate`, `up` and `doctor` check; for them all pages and the admin are imported, which no
# worker needs.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "config.broker:Transport")


class Application(Celery):
    @cached_property
    def Worker(self) -> Any:
        return self.subclass_with_self("config.worker:Worker")

    @cached_property
    def Beat(self) -> Any:
        return self.subclass_with_self("config.beat:Beat")

    def bugreport(self) -> str:
        """The text of `celery report`, `inspect report` and Flower's error pages, redacted."""
        return redact(super().bugreport())


app = Application("cairn")
# Not all of Django's settings: workers show their configuration to everybody (`inspect conf`).
app.config_from_object("config.settings.queues:CELERY")
app.autodiscover_tasks()


@import_modules.connect(sender=app)
def guard_flower(**_: Any) -> None:
    """Guard Flower, which imports the tasks before it listens, by every command that starts it."""
    flower.guard()


@worker_init.connect
def trace_worker(sender: Any, **_: Any) -> None:
    if "prefork" not in str(sender.pool_cls):  # there each child sends its own
        tracing.start("worker")


@worker_process_init.connect
def trace_child(**_: Any) -> None:
    tracing.start("worker")


@beat_init.connect
def trace_beat(**_: Any) -> None:
    tracing.start("beat")
