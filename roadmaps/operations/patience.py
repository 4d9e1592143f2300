"""Time limits for PostgreSQL: a page gives up early and says so, a worker waits.

`seconds` bounds how long a connection may take to get. `statement_seconds` bounds one statement of
a page, so that no visitor keeps the database busy for others; workers, beat and commands have no
such limit.
"""

from contextvars import ContextVar

PAGE_SECONDS = 1.5  # of an HTTP request or a WebSocket; a page then answers 503 within 2 seconds
WORK_SECONDS = 10.0  # of workers, beat and commands, which outlast a short restart
seconds: ContextVar[float] = ContextVar("patience", default=WORK_SECONDS)
statement_seconds: ContextVar[float | None] = ContextVar("statement_seconds", default=None)
