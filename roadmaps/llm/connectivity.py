"""Connectivity of a model's server, checked without paying for an answer."""

from typing import Any

from roadmaps.exceptions import LLMError
from roadmaps.llm import transport
from roadmaps.llm.providers import chat_model

REACH_SECONDS = 5


def reach(role: str) -> bool:
    """Reach the server of the role's model; False when it can't be asked cheaply.

    The built-in author needs no server and is always reached. Raises LLMError when the server
    doesn't answer, or refuses.
    """
    model: Any = chat_model(role)
    client = getattr(model, "root_client", None)  # of OpenAI's protocol
    if client is None:
        return type(model).__name__ == "BuiltInAuthor"
    try:
        client.with_options(timeout=REACH_SECONDS, max_retries=0).models.list()
    except Exception as exc:
        status = transport.status(exc)
        if status == 404:
            return False  # a server without a list of its models
        if status is None:
            raise LLMError("it does not answer", permanent=False) from exc
        hint = transport.HINTS.get(status, transport.REFUSED)
        raise LLMError(f"it answered {status}: {hint}", permanent=False) from exc
    return True
