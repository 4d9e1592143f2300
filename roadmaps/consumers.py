"""Hints to open pages: the progress of one roadmap, and what happens to reviews."""

from collections import Counter
from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer, AsyncWebsocketConsumer
from django.conf import settings
from django.utils import translation

from logs_app.history import events_of
from roadmaps import inbox, progress, wording
from roadmaps.models import Person, Roadmap
from roadmaps.models.second_factor import lacks_second_factor

# close codes
TOO_TALKATIVE, SIGN_IN, FORBIDDEN, UNKNOWN, TOO_MANY = 4400, 4401, 4403, 4404, 4429


class Listener(AsyncJsonWebsocketConsumer):
    """A page that hears and says nothing; only so many of one person's in one web process."""

    group = ""
    counted = False
    _open: ClassVar[Counter[int]] = Counter()  # by user id

    async def connect(self) -> None:
        await self.accept()  # a code reaches the page only on an accepted socket
        if refused := await self._refused():
            await self.close(refused)
            return
        # Joined first: an event sent in between arrives twice, never not at all.
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.begin()

    async def _refused(self) -> int:
        user = self.scope["user"]
        if not user.is_authenticated:
            return SIGN_IN
        if self._open[user.pk] >= settings.SOCKETS_PER_USER:
            return TOO_MANY
        self.counted = True
        self._open[user.pk] += 1
        return await self.refused()

    async def refused(self) -> int:
        """The code to close with, 0 for who may hear; sets `group`."""
        raise NotImplementedError

    async def begin(self) -> None:
        raise NotImplementedError

    async def receive(self, *_: Any, **__: Any) -> None:
        await self.close(TOO_TALKATIVE)

    async def disconnect(self, code: int) -> None:
        if self.counted:
            self._open[self.scope["user"].pk] -= 1
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)


class RoadmapConsumer(Listener):
    async def refused(self) -> int:
        pk = self.scope["url_route"]["kwargs"]["pk"]
        if not await database_sync_to_async(may_see)(self.scope["user"], pk):
            return UNKNOWN
        self.group = progress.group_name(pk)
        return 0

    async def begin(self) -> None:
        pk = self.scope["url_route"]["kwargs"]["pk"]
        await self.send_json(await database_sync_to_async(snapshot)(pk, language_of(self.scope)))

    async def roadmap_event(self, message: dict[str, Any]) -> None:
        with translation.override(language_of(self.scope)):
            event = wording.event_in_words(message["event"])
        await self.send_json({"type": "event", "event": event})


class ReviewsConsumer(Listener):
    """To an open inbox: that it should ask for its rows again, and why."""

    async def refused(self) -> int:
        if not await database_sync_to_async(may_see_reviews)(self.scope["user"]):
            return FORBIDDEN
        self.group = inbox.GROUP
        return 0

    async def begin(self) -> None:
        # Said only now: what happens from here on is heard, and what happened before is in the rows.
        await self.send_json({"type": "joined"})

    async def review_event(self, message: dict[str, Any]) -> None:
        await self.send_json({"type": "event", "event": message["event"]})


class Nobody(AsyncWebsocketConsumer):
    """At every other address: Channels itself raises there, and any stranger fills the log with tracebacks."""

    async def connect(self) -> None:
        await self.close()


def may_see_reviews(user: Person) -> bool:
    return user.is_staff and user.has_perm("roadmaps.view_review") and not lacks_second_factor(user)


def may_see(user: Person, pk: Any) -> bool:
    return Roadmap.objects.visible_to(user).filter(pk=pk).exists()


def language_of(scope: dict[str, Any]) -> str:
    """The page names its own; a socket has no headers that say it."""
    named = parse_qs(scope["query_string"].decode(errors="replace")).get("language", [""])[0]
    try:
        return translation.get_supported_language_variant(named)
    except LookupError:
        return settings.LANGUAGE_CODE


def snapshot(pk: Any, language: str) -> dict[str, Any]:
    roadmap = Roadmap.objects.get(pk=pk)
    with translation.override(language):
        events = [wording.event_in_words(one) for one in events_of(pk)]
    return {"type": "snapshot", "status": roadmap.status, "version": roadmap.version, "events": events}
