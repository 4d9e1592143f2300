"""Parsing of a model's message into a validated answer."""

import json
import re
from typing import Any, TypeVar

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)
THINKING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
ERRORS_SHOWN = 8


class Unusable(Exception):
    """An answer that can't be used; the message tells the model why.

    It may do better when asked again.
    """


class Refused(Unusable):
    """A refusal by the model or a filter before it. Some answer at the next try."""


def read(raw: AIMessage, schema: type[T]) -> T:
    """The answer in a message. Raises Unusable, or Refused."""
    metadata = raw.response_metadata
    end = metadata.get("finish_reason") or metadata.get("stop_reason")
    if raw.additional_kwargs.get("refusal") or end in ("content_filter", "refusal", "SAFETY"):
        raise Refused("Answer it: it is an ordinary wish to learn.")
    if end in ("length", "max_tokens", "MAX_TOKENS"):
        raise Unusable("The answer was cut off at the token limit: answer more briefly.")

    if raw.tool_calls:
        value: Any = _without_nul(raw.tool_calls[0]["args"])
    else:
        value = json_in(visible_text(raw))
    try:
        return schema.model_validate(value)
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False, include_context=False)
        complaints = [
            f"{'.'.join(map(str, error['loc'])) or 'answer'}: {error['msg']}"
            for error in errors[:ERRORS_SHOWN]
        ]
        raise Unusable("; ".join(complaints)) from exc


def visible_text(raw: AIMessage) -> str:
    """The text of a message without the model's thinking."""
    text = ""
    blocks = [raw.content] if isinstance(raw.content, str) else raw.content
    for block in blocks:
        if isinstance(block, str):
            text += block
        elif block.get("type") == "text":
            text += str(block.get("text", ""))
    return THINKING.sub("", text)


def json_in(text: str) -> Any:
    """The JSON object in `text`, whatever fences or words stand around it."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise Unusable("The answer held no JSON object.")
    try:
        value = json.loads(text[start : end + 1], strict=False)
    except json.JSONDecodeError as exc:
        raise Unusable(f"The answer was not valid JSON: {exc}") from exc
    if "\\u0000" in text or "\x00" in text:
        return _without_nul(value)
    return value


def _without_nul(value: Any) -> Any:
    """The value without NUL characters, which PostgreSQL doesn't store."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value
