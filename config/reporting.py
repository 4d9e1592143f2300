"""Reports of errors to Sentry, without prompts, answers, keys, cookies and people's texts."""

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
# Packages whose messages repeat prompts and answers.
QUOTING = ("openai", "anthropic", "google", "ollama", "langchain", "pydantic")
# Fields of a request that are left out; the address and the method stay.
OF_REQUESTS = ("cookies", "data", "env", "query_string", "headers")


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
    """The event without private texts, as `before_send` of the SDK."""
    scrubbed: dict[str, Any] = dict(event)
    if "request" in scrubbed:
        scrubbed["request"] = {
            name: value for name, value in scrubbed["request"].items() if name not in OF_REQUESTS
        }
    for exception in (scrubbed.get("exception") or {}).get("values") or []:
        if (exception.get("module") or "").startswith(QUOTING):
            exception["value"] = REDACTED
    result: Event = _clean(scrubbed)
    return result


def _clean(value: Any) -> Any:
    """The value without credentials, and without the values of private names."""
    if isinstance(value, dict):
        cleaned = {}
        for name, item in value.items():
            is_private = isinstance(name, str) and PRIVATE.search(name)
            cleaned[name] = REDACTED if is_private else _clean(item)
        return cleaned
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, str):
        return without_credentials(value)
    return value
