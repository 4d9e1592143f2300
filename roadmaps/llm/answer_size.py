"""Greatest size of an answer over HTTP: what is longer is given up while it is read."""

import zlib
from collections.abc import AsyncIterator

import httpx2  # the openai package's client
from django.conf import settings

ENCODINGS = {"", "identity", "gzip"}
ANY_HEADER = 32 + zlib.MAX_WBITS  # gzip's or zlib's


class TooLong(Exception):
    """A body of more than LLM_ANSWER_MAX_BYTES, or one whose size can't be known."""


async def bound(response: httpx2.Response) -> None:
    """Hook of a client that lets no answer of more than LLM_ANSWER_MAX_BYTES into memory.

    It unpacks here, because a packed body may become a thousand times as long.
    """
    encoding = response.headers.pop("content-encoding", "").strip().lower()
    if encoding not in ENCODINGS or not isinstance(response.stream, httpx2.AsyncByteStream):
        raise TooLong
    response.stream = Bounded(response.stream, packed=encoding == "gzip")


class Bounded(httpx2.AsyncByteStream):
    """The unpacked bytes of a body. Raises TooLong as soon as there are too many."""

    def __init__(self, stream: httpx2.AsyncByteStream, *, packed: bool) -> None:
        self._stream, self._packed = stream, packed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = settings.LLM_ANSWER_MAX_BYTES
        unpacking = zlib.decompressobj(ANY_HEADER)
        async for chunk in self._stream:
            if self._packed:
                chunk = unpacking.decompress(chunk, left + 1)
            left -= len(chunk)
            if left < 0:
                raise TooLong
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def is_too_long(exc: BaseException | None) -> bool:
    """Whether an error is a TooLong, which the clients of models wrap in errors of their own."""
    while exc is not None and not isinstance(exc, TooLong):
        exc = exc.__cause__
    return exc is not None
