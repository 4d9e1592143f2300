"""Patience of requests with PostgreSQL, when it is away and when a statement takes too long.

They give up soon, and a live page gets a code after which it connects again.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from roadmaps.operations import patience

logger = logging.getLogger(__name__)
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
TRY_AGAIN_LATER = 1013  # a WebSocket's close code, after which a page connects again


def bounded(application: Application, away: tuple[type[Exception], ...]) -> Application:
    """An ASGI application with a page's patience; `away` are a missing database's errors."""

    async def patient(scope: dict[str, Any], receive: Any, send: Any) -> None:
        patience.seconds.set(patience.PAGE_SECONDS)
        patience.statement_seconds.set(settings.WEB_STATEMENT_SECONDS or None)
        sent: set[str] = set()

        async def noting(message: dict[str, Any]) -> None:
            sent.add(message["type"])
            await send(message)

        if scope["type"] != "websocket":
            await application(scope, receive, send)
            return
        try:
            await application(scope, receive, noting)
        except away as exc:
            logger.warning("a live page was closed while PostgreSQL does not answer: %s", exc)
            await close(sent, send)

    return patient


async def close(sent: set[str], send: Any) -> None:
    """Close the socket over which messages of the types `sent` have gone out."""
    if "websocket.close" in sent:
        return
    if "websocket.accept" not in sent:  # a code reaches the page only on an accepted socket
        await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
