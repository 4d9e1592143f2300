"""Database backend whose pool gives up on a PostgreSQL that hangs, after the caller's patience.

Django's own pool tests a connection before it hands it out, but without a time limit: a server
that accepts and never answers would hold every thread that asks for a page.

A statement of a page has a limit too. PostgreSQL keeps it, by `statement_timeout`; behind a pooler
that gives each transaction another connection such a setting would reach whoever comes next, so
there the connection itself asks PostgreSQL to stop. Either way the error is QueryCanceled.
"""

import threading
import time
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from roadmaps.operations import patience

WAKE_SECONDS = 0.1  # between two looks for Ctrl-C; psycopg's own
SHORTEST_CHECK_SECONDS = 0.1


CANCEL_SECONDS = 5.0


class Connection(psycopg.Connection[Any]):
    """A connection of the pool; while `time_limit` is set, each query must be answered in it.

    A statement that takes longer than `statement_limit` is stopped, and the connection goes on.
    """

    time_limit: float | None = None
    statement_limit: float | None = None

    def limit_statements(self, seconds: float | None) -> None:
        if seconds == self.statement_limit:
            return
        if not settings.DATABASE_TRANSACTION_POOLER:
            self.execute(f"SET statement_timeout = {round(1000 * (seconds or 0))}")
        self.statement_limit = seconds

    def wait(self, gen: Any, interval: float = WAKE_SECONDS, timeout: float | None = None) -> Any:
        if timeout is None:
            timeout = self.time_limit
        if timeout is not None or not (
            self.statement_limit and settings.DATABASE_TRANSACTION_POOLER
        ):
            return super().wait(gen, interval, timeout=timeout)

        deadline = time.monotonic() + self.statement_limit
        try:
            return super().wait(gen, interval, timeout=self.statement_limit)
        except psycopg.OperationalError:
            is_busy = self.info.transaction_status == TransactionStatus.ACTIVE
            if not is_busy or time.monotonic() < deadline:
                raise
            self.cancel_safe(timeout=CANCEL_SECONDS)
            return super().wait(gen, interval, timeout=CANCEL_SECONDS)


class Pool(ConnectionPool[Connection]):
    """A pool that waits as long as `roadmaps.operations.patience` says.

    That includes the test of an idle connection.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(connection_class=Connection, check=self._check_in_time, **options)
        self._local = threading.local()

    def getconn(self, timeout: float | None = None) -> Connection:
        if timeout is None:
            timeout = patience.seconds.get()
        self._local.deadline = time.monotonic() + timeout
        return super().getconn(timeout)

    def _check_in_time(self, connection: Connection) -> None:
        """Raise unless the server answers over `connection`, and drop idle ones beside a dead one.

        They would be dead as well, and to meet them one by one takes longer than a page waits.
        """
        remaining = self._local.deadline - time.monotonic()
        connection.time_limit = max(remaining, SHORTEST_CHECK_SECONDS)
        try:
            self.check_connection(connection)
            connection.limit_statements(patience.statement_seconds.get())
        except psycopg.Error:
            self.drain()
            raise
        finally:
            connection.time_limit = None


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> Any:
        """The process's pool, which Django looks up by the alias."""
        pools: dict[str, Any] = self._connection_pools  # type: ignore[attr-defined]
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias != NO_DB_ALIAS and options and self.alias not in pools:
            pool = Pool(
                kwargs=self.get_connection_params() | {"autocommit": True},
                open=False,
                configure=self._configure_connection,  # type: ignore[attr-defined]
                **options,
            )
            pools.setdefault(self.alias, pool)
        return super().pool
