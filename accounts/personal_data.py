"""Export of a person's data: everything that is kept of them, as one zip of JSON files.

Each app adds its part by `roadmaps.removal.personal_data`.
"""

import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from accounts.models import Notice, Preferences
from roadmaps.people import time_zones
from roadmaps.removal import personal_data

ABOUT = """Everything that Cairn keeps of you, as JSON in UTF-8.

account.json    your name, e-mail addresses, ways to sign in (without secrets) and choices
notices.json    what you were told
roadmaps/       what you asked for: the request, all drafts of the plan, the reviews, what happened,
                and what language models were asked and answered, as long as that is kept
courses/        the written courses
"""


async def stream(user: User) -> AsyncIterator[bytes]:
    """The zip in pieces, so that many courses need no more memory than one."""
    pieces = _zipped(user)
    zone = await sync_to_async(time_zones.of)(user)  # the request that began this has ended by now

    def next_piece() -> bytes:
        with timezone.override(zone):
            return next(pieces, b"")

    while piece := await sync_to_async(next_piece)():
        yield piece


class _Pipe:
    """The buffer between a ZipFile that writes and a response that takes."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def _zipped(user: User) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        archive.writestr("README.txt", ABOUT)
        for path, data in personal_data.everything_of(user):
            text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
            archive.writestr(f"{path}.json", text)
            yield pipe.take()
    yield pipe.take()


@personal_data.part
def account_of(user: User) -> Iterator[tuple[str, Any]]:
    preferences = Preferences.of(user)
    yield (
        "account",
        {
            "name": user.get_username(),
            "email": user.email,
            "date_joined": user.date_joined,
            "last_login": user.last_login,
            "email_addresses": list(
                EmailAddress.objects.filter(user=user).values("email", "verified", "primary")
            ),
            "connected_accounts": list(
                SocialAccount.objects.filter(user=user).values("provider", "uid", "date_joined")
            ),
            "second_factors": list(
                Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")
            ),
            "language": preferences.language,
            "time_zone": preferences.time_zone,
            "time_zone_of_browser": preferences.last_time_zone,
            "notices_switched": preferences.switches,
        },
    )
    columns = ("roadmap", "kind", "text", "created_at", "read_at", "mailed_at")
    yield "notices", list(Notice.objects.filter(user=user).values(*columns))
