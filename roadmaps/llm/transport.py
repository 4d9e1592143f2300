"""Retries of requests to a model: the one policy for a request that didn't get through."""

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
    """An answer that is no model's: a wrong address, or a proxy's page while the model is away."""


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
            is_last = attempts >= settings.LLM_MAX_ATTEMPTS
            if is_transient(exc):
                if is_last:
                    raise _no_answer_error(role, exc) from exc
            elif status(exc) is None:
                raise
            else:
                refusals += 1
                if is_last or refusals >= REFUSALS_MAX:
                    raise _refusal_error(role, exc) from exc
            await asyncio.sleep(pause_after(exc, attempts))


def status(exc: BaseException) -> int | None:
    """The HTTP status of the answer that an error tells of; None without an answer."""
    response = getattr(exc, "response", None)
    code = getattr(exc, "status_code", None) or getattr(response, "status_code", None)
    return code if isinstance(code, int) else None


def is_transient(exc: Exception) -> bool:
    code = status(exc)
    if code is not None:
        return code in TRANSIENT or code >= 500
    if isinstance(exc, NotAModel | httpx.TransportError | TimeoutError | OSError):
        return True
    # Every provider's client wraps the line's errors in names of its own.
    names = {cls.__name__ for cls in type(exc).__mro__}
    return bool(names & {"APIConnectionError", "APITimeoutError"})


def pause_after(exc: Exception, attempt: int) -> float:
    """Seconds before the next attempt, as the server asks or growing.

    No two callers share a growing time.
    """
    seconds = retry_after(exc)
    if seconds is not None:
        return min(seconds, BACKOFF_MAX_SECONDS)
    pause: float = min(BACKOFF_SECONDS * 2 ** (attempt - 1), BACKOFF_MAX_SECONDS)
    return pause * random.uniform(0.5, 1)  # noqa: S311 - spread, no secret


def retry_after(exc: BaseException) -> float | None:
    """Seconds that the answer's header Retry-After asks for, as a number or a date."""
    headers = getattr(getattr(exc, "response", None), "headers", None) or {}
    value = headers.get("retry-after")
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


def _refusal_error(role: str, exc: Exception) -> LLMError:
    sentence = Sentence(
        "The model for “%(role)s” answered %(status)s: %(hint)s.",
        role=role,
        status=status(exc),
        hint=HINTS.get(status(exc) or 0, REFUSED),
    )
    return LLMError(sentence, permanent=True)


def _no_answer_error(role: str, exc: Exception) -> LLMError:
    outcome = Sentence("did not answer")
    if isinstance(exc, NotAModel):
        outcome = Sentence("answered, but not as a model does (check LLM_BASE_URL)")
    elif code := status(exc):
        outcome = Sentence("answered %(status)s", status=code)
    sentence = Sentence(
        "The model for “%(role)s” %(what)s, %(attempts)s times in a row. Retry later.",
        role=role,
        what=outcome,
        attempts=settings.LLM_MAX_ATTEMPTS,
    )
    return LLMError(sentence, permanent=False)
