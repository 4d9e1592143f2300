"""Errors go to Sentry without what is nobody's business: prompts, answers, keys, cookies, what
people typed.
"""

import re
from typing import TYPE_CHECKING, Any

from logs_app.redaction import REDACTED, without_credentials
from roadmaps.request import fields

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

PRIVATE = re.compile(
    "|".join(fields.PRIVATE) + r"|prompt|message_history|messages|answer|comment"
    r"|cookie|authorization|csrf|session|passw|secret|token|api_?key|credential|dsn",
    re.IGNORECASE,
)
QUOTING = (
    "openai",
    "anthropic",
    "google",
    "ollama",
    "langchain",
    "pydantic",
)  # their messages repeat what was said
OF_REQUESTS = (
    "cookies",
    "data",
    "env",
    "query_string",
    "headers",
)  # the address and the method stay


def start(dsn: str, **options: Any) -> None:
    import sentry_sdk  # a fifth of a second that nobody without a DSN should wait

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrub,
        **options,
    )


def scrub(event: "Event", _hint: "Hint") -> "Event | None":
    """What may leave of an event, as `before_send` of the SDK."""
    kept: dict[str, Any] = dict(event)
    if "request" in kept:
        kept["request"] = {
            name: value for name, value in kept["request"].items() if name not in OF_REQUESTS
        }
    _silence(kept)
    cleaned: Event = _clean(kept)
    return cleaned


def _silence(event: dict[str, Any]) -> None:
    for raised in (event.get("exception") or {}).get("values") or []:
        if (raised.get("module") or "").startswith(QUOTING):
            raised["value"] = REDACTED


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: REDACTED if _is_private(name) else _clean(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return without_credentials(value) if isinstance(value, str) else value


def _is_private(name: object) -> bool:
    return isinstance(name, str) and bool(PRIVATE.search(name))
