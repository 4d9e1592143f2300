"""Rows of the execution log, written from the lines of CSV in which events travel.

Each event is inserted once, however often its line is written.
"""

import csv
import io
import json
import logging
from collections.abc import Iterable
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

logger = logging.getLogger(__name__)

COLUMNS = ("id", "roadmap_id", "sequence", "level", "event", "message", "data", "occurred_at")
COPY = (
    f"COPY {{}} ({', '.join(COLUMNS)}) FROM STDIN "
    "(FORMAT csv, FORCE_NOT_NULL (level, event, message))"
)
STAGE = (
    "CREATE TEMPORARY TABLE staged (LIKE logs_app_executionlog INCLUDING DEFAULTS) ON COMMIT DROP"
)
UNSTAGE = "INSERT INTO logs_app_executionlog SELECT * FROM staged ON CONFLICT DO NOTHING"
# Something is wrong with an event, not with the database.
UNFIT = (DataError, IntegrityError)


def to_line(event: dict[str, Any]) -> bytes:
    data = json.dumps(event["data"], ensure_ascii=False)
    if "\\u0000" in data:
        data = json.dumps(_without_nul(event["data"]), ensure_ascii=False)
    values = event | {"data": data}
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([values[name] for name in COLUMNS])
    # Replaced: half a character is no text.
    return out.getvalue().replace("\x00", "").encode("utf-8", "replace")


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value


def from_lines(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    rows = csv.reader(io.StringIO(b"".join(lines).decode(), newline=""))
    events = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return [
        event | {"sequence": int(event["sequence"]), "data": json.loads(event["data"])}
        for event in events
    ]


def write(lines: list[bytes]) -> list[bytes]:
    """Insert what isn't there yet; returns the lines that can't become rows.

    Nearly always all of it is new and sound, so it is first tried as one COPY.
    """
    try:
        with transaction.atomic():
            _copy("logs_app_executionlog", lines)
        return []
    except UNFIT:
        return _write_with_care(lines)


def _write_with_care(lines: list[bytes]) -> list[bytes]:
    """Insert lines that aren't there yet; returns those that can't be written.

    A batch with such a line is halved until the line stands alone.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(STAGE)
            _copy("staged", lines)
            cursor.execute(UNSTAGE)
        return []
    except UNFIT as exc:
        if len(lines) == 1:
            logger.error("an event of the execution log can't be written: %s", exc)
            return lines
        middle = len(lines) // 2
        return _write_with_care(lines[:middle]) + _write_with_care(lines[middle:])


def _copy(table: str, lines: list[bytes]) -> None:
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(COPY.format(table)) as copy,
    ):
        copy.write(b"".join(lines))
