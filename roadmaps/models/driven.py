"""Columns and queries of a row that workers drive: a roadmap, an artifact, an export.

A row is stuck when it should move and nobody provably drives it. `engine.recovery` sends such rows
on, and `engine.driving` drives them.
"""

import uuid
from datetime import timedelta
from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from roadmaps.models.run import Lease

Row = TypeVar("Row", bound="Driven", covariant=True)


class DrivenQuerySet(models.QuerySet[Row]):
    def moving(self) -> Self:
        """Rows that a worker should be driving, or will once it has their message."""
        raise NotImplementedError

    def stuck(self) -> Self:
        """Moving rows whose lease ran out, or whose message nobody took in time."""
        lease = Lease.objects.filter(subject=OuterRef("pk"))
        died = Exists(lease.filter(expires_at__lt=Now()))
        return self.moving().filter(died | overdue() & ~Exists(lease))


def overdue() -> Q:
    """Rows whose message was not taken in time.

    A row that a worker has already had is overdue as soon as a lease would have run out.
    """
    grace = Now() - timedelta(seconds=settings.DISPATCH_GRACE_SECONDS)
    lease = Now() - timedelta(seconds=settings.LEASE_SECONDS)
    return Q(dispatched_at__lt=grace) | Q(attempts__gt=0, dispatched_at__lt=lease)


class Driven(models.Model):
    """A row with runs, of which one at a time drives it under a lease on its id."""

    run_id = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text="Celery task id, new at every queueing"
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Claims of this run"
    )
    dispatched_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        abstract = True
