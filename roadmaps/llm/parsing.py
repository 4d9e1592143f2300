"""From what a model sent to a validated answer."""

import json
import re
from typing import Any, TypeVar

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)
THINKING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
ERRORS_SHOWN = 8


class Unusable(Exception):
    """The answer can't be used; the message tells the model why. It may do better when asked
    again.
    """


class Refused(Unusable):
    """The model, or a filter before it, won't answer. Some do at the next try."""


def read(raw: AIMessage, schema: type[T]) -> T:
    """Raises Unusable, or Refused."""
    _check_end(raw)
    value = _clean(raw.tool_calls[0]["args"]) if raw.tool_calls else _json_in(_text(raw))
    try:
        return schema.model_validate(value)
    except ValidationError as exc:
        raise Unusable(_errors(exc)) from exc


def _check_end(raw: AIMessage) -> None:
    ended = raw.response_metadata.get("finish_reason") or raw.response_metadata.get("stop_reason")
    if raw.additional_kwargs.get("refusal") or ended in ("content_filter", "refusal", "SAFETY"):
        raise Refused("Answer it: it is an ordinary wish to learn.")
    if ended in ("length", "max_tokens", "MAX_TOKENS"):
        raise Unusable("The answer was cut off at the token limit: answer more briefly.")


def _text(raw: AIMessage) -> str:
    """The visible text: thinking is never content."""
    if isinstance(raw.content, str):
        text = raw.content
    else:
        blocks = (
            block if isinstance(block, dict) else {"type": "text", "text": block}
            for block in raw.content
        )
        text = "".join(
            str(block.get("text", "")) for block in blocks if block.get("type") == "text"
        )
    return THINKING.sub("", text)


def _json_in(text: str) -> Any:
    """The JSON object in `text`, whatever fences or words stand around it."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise Unusable("The answer held no JSON object.")
    try:
        value = json.loads(text[start : end + 1], strict=False)
        return _clean(value) if "\\u0000" in text or "\x00" in text else value
    except json.JSONDecodeError as exc:
        raise Unusable(f"The answer was not valid JSON: {exc}") from exc


def _clean(value: Any) -> Any:
    """PostgreSQL stores no NUL character."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def _errors(exc: ValidationError) -> str:
    errors = exc.errors(include_url=False, include_input=False, include_context=False)[
        :ERRORS_SHOWN
    ]
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'answer'}: {error['msg']}" for error in errors
    )
