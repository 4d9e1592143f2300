"""Hints to open pages: the progress of one roadmap, and what happens to reviews."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from logs_app.history import events_of
from roadmaps import inbox, progress
from roadmaps.models import Person, Roadmap

SIGN_IN, FORBIDDEN, UNKNOWN = 4401, 4403, 4404  # close codes


class RoadmapConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    group = ""

    async def connect(self) -> None:
        await self.accept()  # a code reaches the page only on an accepted socket
        if not self.scope["user"].is_authenticated:
            await self.close(SIGN_IN)
            return
        pk = self.scope["url_route"]["kwargs"]["pk"]
        if not await database_sync_to_async(may_see)(self.scope["user"], pk):
            await self.close(UNKNOWN)
            return
        self.group = progress.group_name(pk)
        # Joined first: an event sent in between arrives twice, never not at all.
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.send_json(await database_sync_to_async(snapshot)(pk))

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def roadmap_event(self, message: dict[str, Any]) -> None:
        await self.send_json({"type": "event", "event": message["event"]})


class ReviewsConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """To an open inbox: that it should ask for its rows again, and why."""

    joined = False

    async def connect(self) -> None:
        await self.accept()
        if not self.scope["user"].is_authenticated:
            await self.close(SIGN_IN)
            return
        if not await database_sync_to_async(may_see_reviews)(self.scope["user"]):
            await self.close(FORBIDDEN)
            return
        await self.channel_layer.group_add(inbox.GROUP, self.channel_name)
        self.joined = True
        # Said only now: what happens from here on is heard, and what happened before is in the rows.
        await self.send_json({"type": "joined"})

    async def disconnect(self, code: int) -> None:
        if self.joined:
            await self.channel_layer.group_discard(inbox.GROUP, self.channel_name)

    async def review_event(self, message: dict[str, Any]) -> None:
        await self.send_json({"type": "event", "event": message["event"]})


def may_see_reviews(user: Person) -> bool:
    return user.is_staff and user.has_perm("roadmaps.view_review")


def may_see(user: Person, pk: Any) -> bool:
    return Roadmap.objects.visible_to(user).filter(pk=pk).exists()


def snapshot(pk: Any) -> dict[str, Any]:
    roadmap = Roadmap.objects.get(pk=pk)
    return {"type": "snapshot", "status": roadmap.status, "version": roadmap.version, "events": events_of(pk)}
