"""WebSockets of open pages: the progress of one roadmap, and the events of all reviews."""

import contextlib
from collections import Counter
from typing import Any, ClassVar
from urllib.parse import parse_qs
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer, AsyncWebsocketConsumer
from django.conf import settings
from django.utils import translation

from logs_app.history import events_of
from roadmaps import progress, sentences
from roadmaps.models import Roadmap
from roadmaps.pages.socket_rights import SIGN_IN, Line, leave_group, lost, open_sockets
from roadmaps.review import history

# Close codes besides those of lost rights.
TOO_TALKATIVE, TOO_MANY = 4400, 4429


class Listener(AsyncJsonWebsocketConsumer):
    """A page's socket that only sends; a person has a limited number of them per web process."""

    line: Line
    group = ""
    ended = False
    _counted = False
    _open: ClassVar[Counter[int]] = Counter()  # by user id

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Its count and group are given back however it ends, also in the middle of connect()."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._give_back()

    async def connect(self) -> None:
        await self.accept()  # a code reaches the page only on an accepted socket
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.end(SIGN_IN)
            return
        if self._open[user.pk] >= settings.SOCKETS_PER_USER:
            await self.end(TOO_MANY)
            return
        self._counted = True
        self._open[user.pk] += 1

        session: str = self.scope["session"].session_key
        self.line = Line(user.pk, session, user.get_session_auth_hash(), self.shown())
        # Watched before it is asked for: a right that is lost in between is seen by one of the two.
        open_sockets.add(self)
        codes = await database_sync_to_async(lost)([self.line])
        if self.line in codes:
            await self.end(codes[self.line])
            return

        # Joined first: an event sent in between arrives twice, never not at all.
        self.group = self.group_of_page()
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.begin()

    def shown(self) -> UUID | None:
        """The roadmap whose right it needs; None for the inbox of reviews."""
        raise NotImplementedError

    def group_of_page(self) -> str:
        raise NotImplementedError

    async def begin(self) -> None:
        raise NotImplementedError

    async def receive(self, *_: Any, **__: Any) -> None:
        await self.end(TOO_TALKATIVE)

    async def send_json(self, content: Any, close: bool = False) -> None:
        if not self.ended:  # events that were on their way when it ended
            await super().send_json(content, close)

    async def end(self, code: int) -> None:
        """Hang up once, with a reason that the page understands."""
        if self.ended:
            return
        self.ended = True
        await self._give_back()
        with contextlib.suppress(OSError, RuntimeError):  # the browser was faster
            await self.close(code)

    async def _give_back(self) -> None:
        open_sockets.remove(self)
        if self._counted:
            self._counted = False
            user_id = self.scope["user"].pk
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]
        if self.group:
            await leave_group(self.channel_layer, self.group, self.channel_name)


class RoadmapConsumer(Listener):
    def shown(self) -> UUID:
        pk: UUID = self.scope["url_route"]["kwargs"]["pk"]
        return pk

    def group_of_page(self) -> str:
        return progress.group_name(self.shown())

    async def begin(self) -> None:
        take = database_sync_to_async(snapshot)
        await self.send_json(await take(self.shown(), language_of(self.scope)))

    async def roadmap_event(self, message: dict[str, Any]) -> None:
        with translation.override(language_of(self.scope)):
            event = sentences.event_in_words(message["event"])
        await self.send_json({"type": "event", "event": event})


class ReviewsConsumer(Listener):
    """Socket of an open inbox: hints to ask for its rows again, each with the event behind it."""

    def shown(self) -> None:
        return None

    def group_of_page(self) -> str:
        return history.GROUP

    async def begin(self) -> None:
        # Sent only now: later events arrive, and earlier ones are in the rows.
        await self.send_json({"type": "joined"})

    async def review_event(self, message: dict[str, Any]) -> None:
        await self.send_json({"type": "event", "event": message["event"]})


class Nobody(AsyncWebsocketConsumer):
    """Consumer of every other address: Channels itself raises there, and any stranger fills the
    log with tracebacks.
    """

    async def connect(self) -> None:
        await self.close()


def language_of(scope: dict[str, Any]) -> str:
    """The language that the page names: a socket has no headers that say it."""
    query = parse_qs(scope["query_string"].decode(errors="replace"))
    name = query.get("language", [""])[0]
    try:
        return translation.get_supported_language_variant(name)
    except LookupError:
        return settings.LANGUAGE_CODE


def snapshot(pk: Any, language: str) -> dict[str, Any]:
    roadmap = Roadmap.objects.get(pk=pk)
    with translation.override(language):
        events = [sentences.event_in_words(event) for event in events_of(pk)]
    return {
        "type": "snapshot",
        "status": roadmap.status,
        "version": roadmap.version,
        "events": events,
    }
