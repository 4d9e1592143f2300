"""Repeated log lines of an outage: one a minute of each kind, with a count of the others.

While PostgreSQL or Redis is away every page, task and reconnection says so; hundreds of equal
lines would bury the one that differs.
"""

import copy
import logging
import os
import re
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass

WINDOW_SECONDS = 60.0
# By name: who configures logging should not import all clients.
SERVICES = ("psycopg", "psycopg_pool", "django.db", "redis", "kombu")
AWAY = {"OperationalError", "InterfaceError", "InternalError", "ConnectionError", "TimeoutError"}
AWAY |= {"OutOfMemoryError", "ReadOnlyError"}  # a Redis that is there and takes nothing
# They say that a service is away also without an exception.
CLIENTS = (
    *(
        "psycopg.pool",
        "kombu",
        "celery.worker.consumer",
        "celery.beat",
        "django_celery_beat",
        "channels_redis",
    ),
    "roadmaps.operations.probes",
)
UNAVAILABLE = 503  # a page's status that Django's line of it carries
VARYING = re.compile(
    r"0x[0-9a-f]+|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d+", re.IGNORECASE
)


@dataclass
class Window:
    """The time in which lines of one kind are counted; `latest` is the one to show with the count."""

    ends: float
    count: int = 0
    latest: logging.LogRecord | None = None


class OnceAMinute(logging.Filter):
    """Passes the first line of each kind that tells of an outage, and a count at the end of each
    minute.
    """

    def __init__(self, seconds: float = WINDOW_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._windows: dict[Hashable, Window] = {}
        self._teller: threading.Thread | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        if hasattr(record, "repeats"):  # a count, from here or from the filter of its logger
            return True
        kind = kind_of(record)
        if kind is None:
            return True
        if (
            os.getpid() != self._process
        ):  # a forked child has neither its parent's lines nor its thread
            self._begin()

        with self._lock:
            window = self._windows.get(kind)
            if window is None:
                self._windows[kind] = Window(time.monotonic() + self._seconds)
                self._start_teller()
                return True
            window.count += 1
            window.latest = record
            return False

    def _start_teller(self) -> None:
        if self._teller is None:
            self._teller = threading.Thread(
                target=self._tell_in_time, name="cairn-repeats", daemon=True
            )
            self._teller.start()

    def _tell_in_time(self) -> None:
        while True:
            with self._lock:
                if not self._windows:
                    self._teller = None
                    return
                ends = min(window.ends for window in self._windows.values())
            time.sleep(max(0.0, ends - time.monotonic()))
            self.tell(time.monotonic())

    def tell(self, now: float) -> None:
        """Write the counts of the windows that have ended by `now`, and forget the kinds that
        ended too.
        """
        with self._lock:
            ended = {kind: window for kind, window in self._windows.items() if window.ends <= now}
            for kind, window in ended.items():
                if window.count:
                    self._windows[kind] = Window(now + self._seconds)
                else:
                    del self._windows[kind]
        for window in ended.values():
            if window.latest is not None:
                line = counted(window.latest, window.count, self._seconds)
                logging.getLogger(line.name).handle(line)


def counted(record: logging.LogRecord, count: int, seconds: float) -> logging.LogRecord:
    """The line again, without its traceback and with how often it was left out."""
    line = copy.copy(record)
    line.msg = f"{text_of(record)} (this line came {count} more times within {seconds:.0f} s)"
    line.args = ()
    line.exc_info = line.exc_text = line.stack_info = None
    line.repeats = count
    return line


def kind_of(record: logging.LogRecord) -> Hashable | None:
    """What makes two lines of an outage the same, or None for a line that tells of none.

    Numbers, ids and times may differ; logger, level, text, what is away and the task may not.
    """
    if record.levelno < logging.WARNING:
        return None
    error = error_of(record)
    outage = error and outage_in(error)
    if outage is None and not (
        record.name.startswith(CLIENTS) or getattr(record, "status_code", 0) == UNAVAILABLE
    ):
        return None

    kind = (record.name, record.levelno)
    cause = outage or error
    if cause is None:
        return (*kind, VARYING.sub("#", text_of(record)))
    task = str(record.args.get("name")) if isinstance(record.args, dict) else ""
    return *kind, VARYING.sub("#", str(record.msg)), task, type(cause), VARYING.sub("#", str(cause))


def text_of(record: logging.LogRecord) -> str:
    """The line's text.

    One whose arguments don't fit it is the handler's to complain about, not its caller's.
    """
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def error_of(record: logging.LogRecord) -> BaseException | None:
    """The exception that a line carries, as its traceback or among its arguments."""
    if record.exc_info and record.exc_info[1]:
        return record.exc_info[1]
    arguments = record.args.values() if isinstance(record.args, dict) else record.args or ()
    return next((argument for argument in arguments if isinstance(argument, BaseException)), None)


def outage_in(error: BaseException) -> BaseException | None:
    """The first of an error and its causes that means that PostgreSQL or Redis is away."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if any(is_away(kind) for kind in type(cause).__mro__):
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def is_away(kind: type) -> bool:
    return kind.__name__ in AWAY and any(
        f"{kind.__module__}.".startswith(f"{service}.") for service in SERVICES
    )
