"""The Celery application; everything about it is read from settings."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init
from kombu.transport import TRANSPORT_ALIASES

from config import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# `migrate`, `up` and `doctor` check; for them all pages and the admin are imported, which no worker needs.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "config.broker:Transport")
app = Celery("cairn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


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
