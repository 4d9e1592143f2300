"""Whether a model's server is there, without paying for an answer."""

from typing import Any

from roadmaps.exceptions import LLMError
from roadmaps.llm import transport
from roadmaps.llm.providers import chat_model

REACH_SECONDS = 5


def reach(role: str) -> bool:
    """True when the server of the role's model answered, or none is needed; False when it can't be
    asked cheaply.

    Raises LLMError when it doesn't answer, or refuses.
    """
    model: Any = chat_model(role)
    client = getattr(model, "root_client", None)  # of OpenAI's protocol
    if client is None:
        return type(model).__name__ == "BuiltInAuthor"
    try:
        client.with_options(timeout=REACH_SECONDS, max_retries=0).models.list()
    except Exception as exc:
        answered = transport.status(exc)
        if answered == 404:
            return False  # a server without a list of its models
        hint = transport.HINTS.get(answered or 0, transport.REFUSED)
        said = f"it answered {answered}: {hint}" if answered else "it does not answer"
        raise LLMError(said, permanent=False) from exc
    return True
