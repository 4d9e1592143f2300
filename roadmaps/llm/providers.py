"""Which model answers which role."""

from functools import cache
from typing import Any

from django.conf import settings
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from roadmaps.exceptions import LLMError
from roadmaps.llm.author.chat_model import BuiltInAuthor
from roadmaps.llm.labels import model_label, without_model
from roadmaps.sentences import Sentence

EXTRAS = {"anthropic": "anthropic", "google_genai": "google", "ollama": "ollama"}
_clients: list[Any] = []  # whose connections are open until close()
NO_KEY = "not-needed"  # servers of one's own often want none, their clients always do


def chat_model(role: str) -> BaseChatModel:
    """Raises LLMError(permanent) when the provider is unknown or its package is missing."""
    return BuiltInAuthor() if without_model(role) else _connect(model_label(role))


def answering(role: str, schema: type[BaseModel]) -> Runnable[Any, Any]:
    """The role's model, bound to answer by `schema`: from messages to its raw message.

    Raises LLMError(permanent).
    """
    return _answering(model_label(role), role, schema, settings.LLM_STRUCTURED_OUTPUT)


@cache
def _answering(_label: str, role: str, schema: type[BaseModel], method: str) -> Runnable[Any, Any]:
    """Made once: describing the schema and wiring the parts costs more CPU than the call itself."""
    described = schema.model_json_schema()
    described["description"] = described.get("description") or f"The answer of the role {role}"
    structured: Any = chat_model(role).with_structured_output(
        described, method=method, include_raw=True
    )
    # LangChain's own parsing behind it is left out: `parsing` does that, and repairs what it can.
    raw: Any = structured.first.steps__["raw"]
    _lighten(raw.kwargs)
    bound: Runnable[Any, Any] = raw
    return bound


def _lighten(arguments: dict[str, Any]) -> None:
    """The same request for half the CPU: the OpenAI client walks through a schema that it knows of
    at every call.
    """
    arguments.pop("ls_structured_output_format", None)  # for a tracer
    if "response_format" in arguments:
        arguments["extra_body"] = {"response_format": arguments.pop("response_format")}


async def close() -> None:
    """End the connections to models; the settings are read anew at the next call."""
    _answering.cache_clear()
    _connect.cache_clear()
    while _clients:
        await _clients.pop().aclose()


@cache
def _connect(name: str) -> BaseChatModel:
    from langchain.chat_models import (
        init_chat_model,
    )  # half a second that the built-in author doesn't need

    provider = name.partition(":")[0]
    try:
        return init_chat_model(name, **_arguments(provider))  # type: ignore[no-any-return]
    except ImportError as exc:
        extra = EXTRAS.get(provider, f"langchain-{provider}")
        facts = {"name": name, "provider": provider, "extra": extra}
        told = Sentence(
            "%(name)s: the package for %(provider)s is missing; install cairn[%(extra)s].", **facts
        )
        raise LLMError(told, permanent=True) from exc
    except ValueError as exc:
        raise LLMError(f"LLM_MODEL={name}: {_first_line(exc)}", permanent=True) from exc


def _arguments(provider: str) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "timeout": settings.LLM_TIMEOUT_SECONDS,
        "max_retries": 0,  # ask() has the only retry policy
        "max_tokens": settings.LLM_MAX_TOKENS,
    }
    if settings.LLM_BASE_URL:
        arguments["base_url"] = settings.LLM_BASE_URL
    if provider == "openai":
        from openai import DefaultAioHttpClient

        # With hundreds of connections httpx looks at each of them for every request.
        _clients.append(DefaultAioHttpClient(timeout=settings.LLM_TIMEOUT_SECONDS))
        arguments["http_async_client"] = _clients[-1]
    if settings.LLM_API_KEY or (settings.LLM_BASE_URL and provider == "openai"):
        arguments["api_key"] = settings.LLM_API_KEY or NO_KEY
    return arguments


def _first_line(exc: Exception) -> str:
    return (str(exc).splitlines() or ["not usable"])[0][:200]
