"""Time limits for reaching PostgreSQL: a page gives up early and says so, a worker waits.

They bound how long a connection may take to get, not how long a query may run: a database that is
only slow is asked as before.
"""

from contextvars import ContextVar

PAGE_SECONDS = 1.5  # of an HTTP request or a WebSocket; a page then answers 503 within 2 seconds
WORK_SECONDS = 10.0  # of workers, beat and commands, which outlast a short restart
seconds: ContextVar[float] = ContextVar("patience", default=WORK_SECONDS)
