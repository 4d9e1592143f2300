"""Progress of one roadmap to one open page."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from logs_app.history import events_of
from roadmaps import progress
from roadmaps.models import Person, Roadmap

SIGN_IN, UNKNOWN = 4401, 4404  # close codes


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


def may_see(user: Person, pk: Any) -> bool:
    return Roadmap.objects.visible_to(user).filter(pk=pk).exists()


def snapshot(pk: Any) -> dict[str, Any]:
    roadmap = Roadmap.objects.get(pk=pk)
    return {"type": "snapshot", "status": roadmap.status, "version": roadmap.version, "events": events_of(pk)}
