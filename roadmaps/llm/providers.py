"""Providers of models: the client of each role's model, and the schema it answers by."""

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
NO_KEY = "not-needed"  # private servers often want none, their clients always do


def chat_model(role: str) -> BaseChatModel:
    """The client of the role's model.

    Raises LLMError(permanent) when the provider is unknown or its package is missing.
    """
    if without_model(role):
        return BuiltInAuthor()
    return _connect(model_label(role))


def answering(role: str, schema: type[BaseModel]) -> Runnable[Any, Any]:
    """The role's model, bound to answer by `schema`: from messages to its raw message.

    Raises LLMError(permanent).
    """
    return _answering(model_label(role), role, schema, settings.LLM_STRUCTURED_OUTPUT)


@cache
def _answering(_label: str, role: str, schema: type[BaseModel], method: str) -> Runnable[Any, Any]:
    """The bound model, made once: wiring its parts costs more CPU than the call itself."""
    json_schema = schema.model_json_schema()
    json_schema["description"] = json_schema.get("description") or f"The answer of the role {role}"
    structured: Any = chat_model(role).with_structured_output(
        json_schema, method=method, include_raw=True
    )
    # LangChain's own parsing behind it is left out: `parsing` does that, and repairs what it can.
    bound: Any = structured.first.steps__["raw"]

    # The same request for half the CPU: at every call the OpenAI client walks through a schema
    # that it knows of.
    arguments = bound.kwargs
    arguments.pop("ls_structured_output_format", None)  # for a tracer
    if "response_format" in arguments:
        arguments["extra_body"] = {"response_format": arguments.pop("response_format")}
    runnable: Runnable[Any, Any] = bound
    return runnable


async def close() -> None:
    """End the connections to models; the settings are read anew at the next call."""
    _answering.cache_clear()
    _connect.cache_clear()
    while _clients:
        await _clients.pop().aclose()


@cache
def _connect(name: str) -> BaseChatModel:
    # Half a second that the built-in author doesn't need.
    from langchain.chat_models import init_chat_model

    provider = name.partition(":")[0]
    try:
        return init_chat_model(name, **client_options(provider))  # type: ignore[no-any-return]
    except ImportError as exc:
        sentence = Sentence(
            "%(name)s: the package for %(provider)s is missing; install cairn[%(extra)s].",
            name=name,
            provider=provider,
            extra=EXTRAS.get(provider, f"langchain-{provider}"),
        )
        raise LLMError(sentence, permanent=True) from exc
    except ValueError as exc:
        first_line = (str(exc).splitlines() or ["not usable"])[0][:200]
        raise LLMError(f"LLM_MODEL={name}: {first_line}", permanent=True) from exc


def client_options(provider: str) -> dict[str, Any]:
    """Arguments of the provider's client, by the settings."""
    options: dict[str, Any] = {
        "timeout": settings.LLM_TIMEOUT_SECONDS,
        "max_retries": 0,  # ask() has the only retry policy
        "max_tokens": settings.LLM_MAX_TOKENS,
    }
    if settings.LLM_BASE_URL:
        options["base_url"] = settings.LLM_BASE_URL
    if provider == "openai":
        from openai import DefaultAioHttpClient

        from roadmaps.llm import answer_size

        # With hundreds of connections httpx looks at each of them for every request.
        client = DefaultAioHttpClient(
            timeout=settings.LLM_TIMEOUT_SECONDS,
            headers={"Accept-Encoding": "gzip"},
            event_hooks={"response": [answer_size.bound]},
        )
        _clients.append(client)
        options["http_async_client"] = _clients[-1]
    if settings.LLM_API_KEY or (settings.LLM_BASE_URL and provider == "openai"):
        options["api_key"] = settings.LLM_API_KEY or NO_KEY
    return options
