"""Recovery of runs that a dead worker or a lost message left: sent again, or given up.

What is recovered is a registry, because the rows belong to rooms and apps above this one.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from roadmaps.models import Lease
from roadmaps.models.driven import DrivenQuerySet, overdue


@dataclass(frozen=True)
class Recoverable:
    """One kind of Driven rows, and what becomes of a stuck one, in the transaction that says so."""

    rows: DrivenQuerySet[Any]  # all of that kind, with what the two functions read of them
    send_again: Callable[[Any, bool], None]  # a row; whether its worker died, or its message
    give_up: Callable[[Any], None]  # a row that has had MAX_ATTEMPTS


registry: list[Recoverable] = []


def register(kind: Recoverable) -> None:
    """Have `recover` look after rows of this kind; called once, when the app is ready."""
    registry.append(kind)


def recover() -> int:
    """Send again every run that a dead worker or a lost message left; returns how many.

    Safe at any time.
    """
    return sum(
        _recover(kind, pk)
        for kind in registry
        for pk in kind.rows.stuck().values_list("pk", flat=True)
    )


def give_attempts_back(subjects: Iterable[uuid.UUID]) -> None:
    """Runs that a stopping worker hands over: that it began them doesn't count as an attempt."""
    # Roadmaps are registered first and artifacts come before them in the order of locks.
    for kind in reversed(registry):
        rows = kind.rows.filter(pk__in=subjects, attempts__gt=0)
        rows.update(attempts=F("attempts") - 1)


@transaction.atomic
def _recover(kind: Recoverable, pk: uuid.UUID) -> bool:
    # The lease before the row: the order of locks of `roadmaps.engine`.
    died, _ = Lease.objects.filter(subject=pk, expires_at__lt=Now()).delete()
    waiting = Q() if died else overdue()
    leases = Lease.objects.filter(subject=OuterRef("pk"))
    rows = kind.rows.moving().exclude(Exists(leases)).filter(waiting, pk=pk)
    row = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if row is None:
        return False  # another process was faster, or it has ended
    if row.attempts >= settings.MAX_ATTEMPTS:
        kind.give_up(row)
        return False
    kind.rows.filter(pk=pk).update(dispatched_at=Now())
    kind.send_again(row, bool(died))
    return True
