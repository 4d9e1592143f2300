"""Connections of the web, with limits for clients that send or read slowly, or not at all.

uvicorn waits for ever for the rest of a request. Every way of starting the web goes through
`manage.py web`, which serves by this protocol, so that no proxy is needed for these limits.
"""

import asyncio
from typing import Any

import h11
from django.conf import settings
from uvicorn.protocols.http.h11_impl import H11Protocol

from roadmaps.pages.rates import network_of

HEAD, BODY, IDLE = "head", "body", "idle"
ANSWER, CLOSING, UPGRADED = "answer", "closing", "upgraded"
WAITING = (HEAD, BODY, IDLE)  # phases in which the client is to send something


class WaitingConnections:
    """Connections of one process that wait for their clients; the oldest of too many are closed.

    An ordinary request is whole at once, so that it isn't among the oldest.
    """

    def __init__(self) -> None:
        self._by_address: dict[str, dict[BoundedProtocol, None]] = {}  # oldest first
        self._total = 0

    def add(self, connection: "BoundedProtocol") -> None:
        self.discard(connection)
        of_address = self._by_address.setdefault(connection.address, {})
        of_address[connection] = None
        self._total += 1
        # Behind a proxy all have its address; at a socket of systemd they have none.
        counts = bool(connection.address) and not settings.BEHIND_PROXY
        if counts and len(of_address) > settings.WAITING_PER_ADDRESS:
            self._close_oldest(of_address)
        elif self._total > settings.WAITING_CONNECTIONS:
            self._close_oldest(max(self._by_address.values(), key=len))

    def discard(self, connection: "BoundedProtocol") -> None:
        of_address = self._by_address.get(connection.address, {})
        if connection not in of_address:
            return
        del of_address[connection]
        self._total -= 1
        if not of_address:
            del self._by_address[connection.address]

    def _close_oldest(self, connections: "dict[BoundedProtocol, None]") -> None:
        oldest = next(iter(connections))
        self.discard(oldest)
        oldest.transport.close()


waiting = WaitingConnections()


def body_seconds(received: int) -> float:
    """The time that a body may take of which `received` bytes have come."""
    return float(settings.BODY_SECONDS + received / settings.BODY_BYTES_PER_SECOND)


class BoundedProtocol(H11Protocol):
    """HTTP of one connection with a time limit for each phase in which its client has its turn."""

    transport: asyncio.Transport
    phase = ""
    address = ""
    _timer: asyncio.TimerHandle | None = None
    _since = 0.0  # of the phase, by the loop's clock
    _received = 0  # bytes in the phase
    _reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = network_of(self.client[0]) if self.client else ""
        self._follow()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        self._follow()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._follow()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._follow()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        waiting.discard(self)
        self._set_timer(None)
        self.resume_writing()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        self._enter(UPGRADED)

    def _current_phase(self) -> str:
        if self.phase == UPGRADED:
            return UPGRADED
        if self.transport.is_closing():
            return CLOSING
        if self.conn.their_state is h11.SEND_BODY:
            return BODY
        if self.conn.their_state is not h11.IDLE:
            return ANSWER
        # uvicorn's own timer runs until something of the next request comes.
        is_idle = self.timeout_keep_alive_task and not self.conn.trailing_data[0]
        return IDLE if is_idle else HEAD

    def _follow(self) -> None:
        phase = self._current_phase()
        if phase != self.phase:
            self._enter(phase)

    def _enter(self, phase: str) -> None:
        self.phase = phase
        self._since, self._received = self.loop.time(), 0
        seconds = {
            HEAD: settings.HEAD_SECONDS,
            BODY: settings.BODY_SECONDS,
            CLOSING: settings.READ_SECONDS,
        }
        self._set_timer(seconds.get(phase))
        if phase in WAITING:
            waiting.add(self)
        else:
            waiting.discard(self)

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if seconds is not None:
            self._timer = self.loop.call_later(seconds, self._time_is_up)

    def _time_is_up(self) -> None:
        if self.phase == CLOSING:
            self.transport.abort()  # what is left of the answer is not read
        elif self.phase == HEAD:
            self._refuse(bool(self.conn.trailing_data[0]))
        elif self.flow.read_paused:  # it is us who don't read
            self._enter(BODY)
        else:
            left = self._since + body_seconds(self._received) - self.loop.time()
            if left > 0:
                self._set_timer(left)
            else:
                self._refuse(True)

    def _refuse(self, answer: bool) -> None:
        """Close the connection, with a 408 where a client has begun a request."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if answer and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            text = b"The rest of the request did not come in time.\n"
            headers = [
                ("content-type", "text/plain; charset=utf-8"),
                ("content-length", str(len(text))),
                ("connection", "close"),
            ]
            response = h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")
            for event in (response, h11.Data(data=text), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._follow()

    def pause_writing(self) -> None:
        """An answer that isn't read fills the buffer; what is left of it is looked at later."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reader_timer:
            self._reader_timer.cancel()
        self._reader_timer = None

    def _watch_reader(self) -> None:
        unread = self.transport.get_write_buffer_size()
        self._reader_timer = self.loop.call_later(
            settings.READ_SECONDS, self._end_if_not_read, unread
        )

    def _end_if_not_read(self, unread: int) -> None:
        least = settings.READ_SECONDS * settings.BODY_BYTES_PER_SECOND
        if unread - self.transport.get_write_buffer_size() < least:
            self.transport.abort()
        else:
            self._watch_reader()


def options() -> dict[str, Any]:
    """Options of uvicorn, the same in every way of starting the web."""
    return {
        "http": BoundedProtocol,
        "timeout_keep_alive": settings.KEEP_ALIVE_SECONDS,
        "ws_max_size": 4096,  # pages' sockets take no words
    }
