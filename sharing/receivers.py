"""Personal data of a person's shares, for their own download."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User

from roadmaps.removal import personal_data
from sharing.models import Share


@personal_data.part
def shares_of(user: User) -> Iterator[tuple[str, Any]]:
    shares = Share.objects.filter(roadmap__owner=user)
    yield (
        "sharing/shares",
        list(shares.values("roadmap", "token", "created_at", "listed_at", "taken_out_at", "uses")),
    )
