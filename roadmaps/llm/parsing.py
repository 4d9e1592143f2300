"""Parsing of a model's message into a validated answer."""

import json
import re
from typing import Any, TypeVar

from django.conf import settings
from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)
THINKING_BEGINS = re.compile(r"<think(?:ing)?>")
THINKING_ENDS = re.compile(r"</think(?:ing)?>")
ERRORS_SHOWN = 8
TOO_DEEP = "The answer was nested too deeply."
# What PostgreSQL doesn't store: NUL, and a half of a pair that stands alone.
NOT_STORED = re.compile("[\x00\ud800-\udfff]")


class Unusable(Exception):
    """An answer that can't be used; the message tells the model why.

    It may do better when asked again.
    """

    reason = "unusable"  # a key of `labels.REASONS`


class Refused(Unusable):
    """A refusal by the model or a filter before it. Some answer at the next try."""

    reason = "refused"


class TooLong(Unusable):
    """An answer of more than LLM_ANSWER_MAX_BYTES."""

    reason = "too_long"

    def __init__(self) -> None:
        most = settings.LLM_ANSWER_MAX_BYTES
        super().__init__(
            f"The answer had more than {most} bytes (LLM_ANSWER_MAX_BYTES): answer more briefly."
        )


def read(raw: AIMessage, schema: type[T]) -> T:
    """The answer in a message. Raises Unusable, or Refused."""
    metadata = raw.response_metadata
    end = metadata.get("finish_reason") or metadata.get("stop_reason")
    if raw.additional_kwargs.get("refusal") or end in ("content_filter", "refusal", "SAFETY"):
        raise Refused("Answer it: it is an ordinary wish to learn.")
    if end in ("length", "max_tokens", "MAX_TOKENS"):
        raise Unusable("The answer was cut off at the token limit: answer more briefly.")

    if raw.tool_calls:
        value: Any = raw.tool_calls[0]["args"]
    else:
        value = json_in(visible_text(raw))
    try:
        return schema.model_validate(_storable(value))
    except RecursionError as exc:
        raise Unusable(TOO_DEEP) from exc
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False, include_context=False)
        complaints = [
            f"{'.'.join(map(str, error['loc'])) or 'answer'}: {error['msg']}"
            for error in errors[:ERRORS_SHOWN]
        ]
        raise Unusable("; ".join(complaints)) from exc


def visible_text(raw: AIMessage) -> str:
    """The text of a message without the model's thinking. Raises TooLong."""
    blocks = [raw.content] if isinstance(raw.content, str) else raw.content
    texts = [
        block if isinstance(block, str) else str(block.get("text", ""))
        for block in blocks
        if isinstance(block, str) or block.get("type") == "text"
    ]
    # Clients that aren't bounded while they read: see providers.client_options.
    if sum(map(len, texts)) > settings.LLM_ANSWER_MAX_BYTES:
        raise TooLong
    return without_thinking("".join(texts))


def without_thinking(text: str) -> str:
    """The text without what stands between a tag that opens thinking and the next that closes it.

    It looks at each place once: a pattern for both looks to the end of the text for each opening.
    """
    kept = []
    position = 0
    while (begin := THINKING_BEGINS.search(text, position)) and (
        end := THINKING_ENDS.search(text, begin.end())
    ):
        kept.append(text[position : begin.start()])
        position = end.end()
    kept.append(text[position:])
    return "".join(kept)


def json_in(text: str) -> Any:
    """The JSON object in `text`, whatever fences or words stand around it."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise Unusable("The answer held no JSON object.")
    try:
        return json.loads(text[start : end + 1], strict=False)
    except RecursionError as exc:
        raise Unusable(TOO_DEEP) from exc
    except ValueError as exc:  # a number of thousands of digits is one without being bad JSON
        raise Unusable(f"The answer was not valid JSON: {exc}") from exc


def _storable(value: Any) -> Any:
    """The value without what PostgreSQL doesn't store."""
    if isinstance(value, str):
        return NOT_STORED.sub("", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
