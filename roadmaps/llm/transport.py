"""The one policy for a request that didn't get through."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from django.conf import settings

from roadmaps.exceptions import LLMError
from roadmaps.sentences import Sentence

T = TypeVar("T")
BACKOFF_SECONDS = 0.5  # doubled at each attempt
BACKOFF_MAX_SECONDS = 60.0
TRANSIENT = (408, 409, 425, 429)
REFUSALS_MAX = 2  # gateways before a model refuse now and then what they take a moment later
HINTS = {
    400: Sentence(
        "the server doesn't take the request; try LLM_STRUCTURED_OUTPUT=function_calling"
    ),
    401: Sentence("check LLM_API_KEY"),
    403: Sentence("the key may not use this model"),
    404: Sentence("check LLM_MODEL and LLM_BASE_URL"),
}
REFUSED = Sentence("the provider refuses the request")


class NotAModel(Exception):
    """What answered is no model: a wrong address, or a proxy's page while the model is away."""


async def send(
    role: str, request: Callable[[], Awaitable[T]], turn: AbstractAsyncContextManager[Any]
) -> T:
    """Try until it gets through, each time in a `turn`. Raises LLMError.

    At most LLM_MAX_ATTEMPTS times, and a refusal (4xx) is final the second time.
    """
    attempts = refusals = 0
    while True:
        try:
            async with turn:
                return await request()
        except Exception as exc:
            attempts += 1
            refusals += not _is_transient(exc)
            if final := _final(role, exc, attempts, refusals):
                raise final from exc
            await asyncio.sleep(_pause(exc, attempts))


def _final(role: str, exc: Exception, attempts: int, refusals: int) -> Exception | None:
    """What to raise when asking again is no use."""
    last = attempts >= settings.LLM_MAX_ATTEMPTS
    if _is_transient(exc):
        return _given_up(role, exc) if last else None
    if status(exc) is None:
        return exc
    return _permanent(role, exc) if last or refusals >= REFUSALS_MAX else None


def status(exc: BaseException) -> int | None:
    found = getattr(exc, "status_code", None) or getattr(
        getattr(exc, "response", None), "status_code", None
    )
    return found if isinstance(found, int) else None


def _is_transient(exc: Exception) -> bool:
    answered = status(exc)
    if answered is not None:
        return answered in TRANSIENT or answered >= 500
    if isinstance(exc, NotAModel | httpx.TransportError | TimeoutError | OSError):
        return True
    # Every provider's client wraps the line's errors in names of its own.
    names = {cls.__name__ for cls in type(exc).__mro__}
    return bool(names & {"APIConnectionError", "APITimeoutError"})


def _pause(exc: Exception, attempt: int) -> float:
    """Seconds: what the server asks for, else a growing time that no two callers share."""
    asked = retry_after(exc)
    if asked is not None:
        return min(asked, BACKOFF_MAX_SECONDS)
    pause: float = min(BACKOFF_SECONDS * 2 ** (attempt - 1), BACKOFF_MAX_SECONDS)
    return pause * random.uniform(0.5, 1)  # noqa: S311 - spread, no secret


def retry_after(exc: BaseException) -> float | None:
    """Seconds; Retry-After is a number of them, or a date."""
    value = (getattr(getattr(exc, "response", None), "headers", None) or {}).get("retry-after")
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _permanent(role: str, exc: Exception) -> LLMError:
    facts = {"role": role, "status": status(exc), "hint": HINTS.get(status(exc) or 0, REFUSED)}
    return LLMError(
        Sentence("The model for “%(role)s” answered %(status)s: %(hint)s.", **facts), permanent=True
    )


def _given_up(role: str, exc: Exception) -> LLMError:
    what = Sentence("did not answer")
    if isinstance(exc, NotAModel):
        what = Sentence("answered, but not as a model does (check LLM_BASE_URL)")
    elif answered := status(exc):
        what = Sentence("answered %(status)s", status=answered)
    facts = {"role": role, "what": what, "attempts": settings.LLM_MAX_ATTEMPTS}
    told = Sentence(
        "The model for “%(role)s” %(what)s, %(attempts)s times in a row. Retry later.", **facts
    )
    return LLMError(told, permanent=False)
