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
# By name: to configure logging should not import all clients.
SERVICES = ("psycopg", "psycopg_pool", "django.db", "redis", "kombu")
AWAY = {"OperationalError", "InterfaceError", "InternalError", "ConnectionError", "TimeoutError"}
AWAY |= {"OutOfMemoryError", "ReadOnlyError"}  # a Redis that is there and takes nothing
# Their lines mean that a service is away also without an exception.
CLIENTS = (
    "psycopg.pool",
    "kombu",
    "celery.worker.consumer",
    "celery.beat",
    "django_celery_beat",
    "channels_redis",
    "roadmaps.operations.probes",
)
UNAVAILABLE = 503  # a page's status that Django's line of it carries
VARYING = re.compile(
    r"0x[0-9a-f]+|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d+", re.IGNORECASE
)


@dataclass
class Window:
    """The time in which lines of one kind are counted.

    `latest` is the line to show with the count.
    """

    ends: float
    count: int = 0
    latest: logging.LogRecord | None = None


class OnceAMinute(logging.Filter):
    """Filter of lines that tell of an outage: the first of each kind, then a count each minute."""

    def __init__(self, seconds: float = WINDOW_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._windows: dict[Hashable, Window] = {}
        self._counter: threading.Thread | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        if hasattr(record, "repeats"):  # a count, from here or from the filter of its logger
            return True
        kind = kind_of(record)
        if kind is None:
            return True
        # A forked child has neither its parent's lines nor its thread.
        if os.getpid() != self._process:
            self._begin()

        with self._lock:
            window = self._windows.get(kind)
            if window is None:
                self._windows[kind] = Window(time.monotonic() + self._seconds)
                if self._counter is None:
                    self._counter = threading.Thread(
                        target=self._write_counts_in_time, name="cairn-repeats", daemon=True
                    )
                    self._counter.start()
                return True
            window.count += 1
            window.latest = record
            return False

    def _write_counts_in_time(self) -> None:
        while True:
            with self._lock:
                if not self._windows:
                    self._counter = None
                    return
                ends = min(window.ends for window in self._windows.values())
            time.sleep(max(0.0, ends - time.monotonic()))
            self.write_counts(time.monotonic())

    def write_counts(self, now: float) -> None:
        """Write the counts of the windows that have ended by `now`.

        Kinds without a line in such a window are forgotten.
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
    """The line again, without its traceback and with the number of times it was left out."""
    line = copy.copy(record)
    line.msg = f"{text_of(record)} (this line came {count} more times within {seconds:.0f} s)"
    line.args = ()
    line.exc_info = line.exc_text = line.stack_info = None
    line.repeats = count
    return line


def kind_of(record: logging.LogRecord) -> Hashable | None:
    """The kind of a line of an outage, equal for repeated lines; None for a line of no outage.

    Numbers, ids and times may differ; logger, level, text, error and task may not.
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
    task = ""
    if isinstance(record.args, dict):
        task = str(record.args.get("name"))
    return *kind, VARYING.sub("#", str(record.msg)), task, type(cause), VARYING.sub("#", str(cause))


def text_of(record: logging.LogRecord) -> str:
    """The line's text, without its arguments where they don't fit: the handler reports that."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def error_of(record: logging.LogRecord) -> BaseException | None:
    """The exception that a line carries, as its traceback or among its arguments."""
    if record.exc_info and record.exc_info[1]:
        return record.exc_info[1]
    arguments = list(record.args or ())
    if isinstance(record.args, dict):
        arguments = list(record.args.values())
    return next((argument for argument in arguments if isinstance(argument, BaseException)), None)


def outage_in(error: BaseException) -> BaseException | None:
    """The first of an error and its causes that means that PostgreSQL or Redis is away."""
    visited: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in visited:
        if any(is_away(kind) for kind in type(cause).__mro__):
            return cause
        visited.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def is_away(kind: type) -> bool:
    prefixes = tuple(f"{service}." for service in SERVICES)
    return kind.__name__ in AWAY and f"{kind.__module__}.".startswith(prefixes)
