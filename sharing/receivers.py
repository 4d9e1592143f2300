"""Receivers of other apps' signals: a person's shares among their data."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.dispatch import receiver

from roadmaps.signals import collect_personal_data
from sharing.models import Share


@receiver(collect_personal_data)
def shares_of(user: User, **_: Any) -> Iterator[tuple[str, Any]]:
    shares = Share.objects.filter(roadmap__owner=user)
    yield (
        "sharing/shares",
        list(shares.values("roadmap", "token", "created_at", "listed_at", "taken_out_at", "uses")),
    )
