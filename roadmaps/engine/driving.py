"""Driver of every run: claim the row, do the work, settle it, or leave it to `recover`.

Roadmaps, their content, single artifacts and exports are all driven here, so what ends a run is
written once, and so is the broad `except` of a run.
"""

import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError
from enum import StrEnum
from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist

from roadmaps.engine import leases, loop
from roadmaps.exceptions import LeaseLost, RunNotClaimed

Row = TypeVar("Row")


class Outcome(StrEnum):
    """End of a run that did not settle its row."""

    REFUSED = "refused"  # another process drives the row, or it doesn't wait for this run
    STOPPED = "stopped"  # the lease was lost on the way; its next holder goes on


def drive(
    subject: uuid.UUID,
    claim: Callable[[], Row | None],
    work: Callable[[Row, leases.Hold], str],
    fail: Callable[[Row, leases.Hold, Exception], str],
) -> str:
    """Drive `subject`, the id of a row, under a lease; returns the row's status, or an Outcome.

    `claim` marks the row as taken and returns it; None when it doesn't wait for this run. `work`
    and `fail` write within `hold.writing()`, end the lease there, and return the row's status.
    Errors of the database are raised: the lease runs out, and `recover` sends the run again.
    """
    rows: list[Row] = []

    def claim_row() -> bool:
        row = claim()
        if row is not None:
            rows.append(row)
        return bool(rows)

    try:
        with leases.hold(subject, claim_row) as hold:
            return _work(rows[0], hold, work, fail)
    except RunNotClaimed:
        return Outcome.REFUSED


def _work(
    row: Row,
    hold: leases.Hold,
    work: Callable[[Row, leases.Hold], str],
    fail: Callable[[Row, leases.Hold, Exception], str],
) -> str:
    try:
        return work(row, hold)
    except (LeaseLost, CancelledError):
        return Outcome.STOPPED
    except loop.DATABASE_AWAY:
        raise
    except Exception as exc:  # noqa: BLE001 - the boundary of a run: any error ends as a reason on its row
        try:
            return fail(row, hold, exc)
        except (LeaseLost, ObjectDoesNotExist):  # another holder, or the row was deleted
            return Outcome.STOPPED
