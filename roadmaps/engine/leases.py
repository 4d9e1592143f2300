"""Leases: who drives a roadmap, an artifact or an export, and until when.

A lease is one row per subject with a token per acquisition and the database's clock. One thread
renews all leases of this process with one statement; a token that doesn't come back is lost.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from roadmaps.engine import checkpointer, recovery
from roadmaps.exceptions import LeaseLost, RunNotClaimed
from roadmaps.models import Lease

logger = logging.getLogger(__name__)


class Hold:
    """One acquisition of a lease. `lost` once, lost for ever."""

    def __init__(self, subject: uuid.UUID) -> None:
        self.subject = subject
        self.token = uuid.uuid4()
        self.lost = False
        self.renewed = time.monotonic()
        self._cancel: Callable[[], object] | None = None

    def on_lost(self, cancel: Callable[[], object]) -> None:
        self._cancel = cancel
        if self.lost:
            cancel()

    def lose(self) -> None:
        self.lost = True
        if self._cancel:
            self._cancel()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction in which nobody else can take the lease.

        Raises LeaseLost when somebody has.
        """
        with transaction.atomic():
            if self.lost or not Lease.objects.select_for_update().filter(token=self.token).exists():
                self.lose()
                raise LeaseLost(str(self.subject))
            yield

    def end(self) -> None:
        """Give the lease back, in the transaction that settles the work."""
        Lease.objects.filter(token=self.token).delete()


ACQUIRE = """
INSERT INTO roadmaps_lease (subject, token, expires_at)
VALUES (%(subject)s, %(token)s, clock_timestamp() + %(seconds)s * interval '1 second')
ON CONFLICT (subject) DO UPDATE SET token = EXCLUDED.token, expires_at = EXCLUDED.expires_at
WHERE roadmaps_lease.expires_at < clock_timestamp()
"""
TAKE_OVER = """
INSERT INTO roadmaps_lease (subject, token, expires_at)
VALUES (%(subject)s, %(token)s, clock_timestamp())
ON CONFLICT (subject) DO UPDATE SET token = EXCLUDED.token
"""
RENEW = """
UPDATE roadmaps_lease SET expires_at = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE token = ANY(%(tokens)s) AND expires_at > clock_timestamp() RETURNING token
"""


@contextmanager
def hold(subject: uuid.UUID, claim: Callable[[], object]) -> Iterator[Hold]:
    """Drive `subject`, renewed until the block ends. `claim` marks the row in the same transaction.

    Raises RunNotClaimed when another process holds the lease or `claim` changed no row.
    """
    acquisition = Hold(subject)
    with transaction.atomic():
        if not (acquire_lease(acquisition) and claim()):
            transaction.set_rollback(True)
            raise RunNotClaimed(str(subject))
    renewer.add(acquisition)
    try:
        yield acquisition
    finally:
        renewer.remove(acquisition)


def acquire_lease(hold: Hold) -> bool:
    seconds = settings.LEASE_SECONDS
    with connection.cursor() as cursor:
        cursor.execute(ACQUIRE, {"subject": hold.subject, "token": hold.token, "seconds": seconds})
        return bool(cursor.rowcount)


def revoke(subject: uuid.UUID) -> None:
    """Take the lease away; its holder notices within one heartbeat and can write nothing from now
    on.

    It is taken over first, in the caller's transaction: who is about to acquire it must wait for
    that to end.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKE_OVER, {"subject": subject, "token": uuid.uuid4()})
    Lease.objects.filter(subject=subject).delete()


def hand_over() -> None:
    """Stop all that this process drives; any other may go on with it at once. May be repeated."""
    holds = [hold for hold in renewer.holds() if not hold.lost]
    if not holds:
        return

    subjects = [hold.subject for hold in holds]
    tokens = [hold.token for hold in holds]
    with transaction.atomic():
        Lease.objects.filter(token__in=tokens).update(expires_at=Now() - timedelta(seconds=1))
        recovery.give_attempts_back(subjects)

    for hold in holds:
        hold.lose()


class _Renewer:
    """Renewer of every lease of this process, on one thread."""

    def __init__(self) -> None:
        self._holds: dict[uuid.UUID, Hold] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, hold: Hold) -> None:
        with self._lock:
            self._holds[hold.token] = hold
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._beat, name="cairn-heartbeat", daemon=True
                )
                self._thread.start()

    def remove(self, hold: Hold) -> None:
        with self._lock:
            self._holds.pop(hold.token, None)

    def holds(self) -> list[Hold]:
        with self._lock:
            return list(self._holds.values())

    def _beat(self) -> None:
        line = _Line()
        while True:
            time.sleep(settings.HEARTBEAT_SECONDS)
            if holds := self.holds():
                self.renew(holds, line)
            else:
                line.hang_up()  # an idle process keeps no connection

    def renew(self, holds: list[Hold], line: "_Line") -> None:
        started = time.monotonic()
        alive = line.renew([hold.token for hold in holds])
        for hold in holds:
            if alive is not None and hold.token in alive:
                hold.renewed = started
            # An answer without the token is proof; a silent database is one only when the lease
            # has run out.
            elif alive is not None or started - hold.renewed > settings.LEASE_SECONDS:
                hold.lose()


class _Line:
    """The renewer's own connection: it never waits behind the threads that share the pool.

    A network that swallows everything counts as a database that doesn't answer, within the lease's
    time.
    """

    def __init__(self) -> None:
        self._connection: psycopg.Connection[Any] | None = None

    def renew(self, tokens: list[uuid.UUID]) -> set[uuid.UUID] | None:
        """The tokens that are still ours; None when the database did not answer."""
        try:
            if self._connection is None:
                limits = {
                    "connect_timeout": settings.LEASE_SECONDS,
                    "tcp_user_timeout": settings.LEASE_SECONDS * 1000,
                }
                self._connection = psycopg.connect(**checkpointer.connection_arguments() | limits)
            renewed = self._connection.execute(
                RENEW, {"tokens": tokens, "seconds": settings.LEASE_SECONDS}
            )
            return {row["token"] for row in renewed}
        except psycopg.Error as exc:
            logger.warning("leases not renewed: %s", exc)
            self.hang_up()
            return None

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


renewer = _Renewer()
