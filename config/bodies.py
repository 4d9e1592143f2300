"""Limit of the size of request bodies.

Django would keep all of a body in a file before it looks at the request.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

from roadmaps.people.numbers import whole_number

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


def most_bytes() -> int:
    """The size of the largest body: twice that of the largest course.

    A person who imports one a little too large reads how large it may be.
    """
    return 2 * max(settings.IMPORT_MAX_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def bounded(application: Application) -> Application:
    """An ASGI application that answers 413 to a longer body, announced or not."""

    async def bounding(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        length = dict(scope["headers"]).get(b"content-length", b"0")
        number = whole_number(length.decode("latin-1"))
        if length.isdigit() and (number is None or number > most_bytes()):
            await _refuse(send)
            return
        body = _Body(receive)
        await application(scope, body.receive, send)
        if body.too_long:  # Django has taken it for a browser that went away, and answered nothing
            await _refuse(send)

    return bounding


class _Body:
    """The body of a request, which ends as if the browser went away when it is too long."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._bytes = receive, 0

    @property
    def too_long(self) -> bool:
        return self._bytes > most_bytes()

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self.too_long:
            return {"type": "http.disconnect"}
        return message


async def _refuse(send: Send) -> None:
    text = b"This is more than can be taken at once.\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(text)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})
