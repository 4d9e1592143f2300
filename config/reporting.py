"""Errors go to Sentry without what is nobody's business: prompts, answers, keys, cookies, what people typed."""

import re
from typing import TYPE_CHECKING, Any

from config.logs import without_keys

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

REMOVED = "[removed]"
SHORTEST_SECRET = 8  # replacing every "x" of an event would help nobody
PRIVATE = re.compile(
    r"prompt|message_history|messages|answer|goal|background|motivation|comment"
    r"|cookie|authorization|csrf|session|passw|secret|token|api_?key|credential|dsn",
    re.IGNORECASE,
)
KEYS = re.compile(r"\b(?:sk|pk|rk)-[\w-]{8,}|(?<=Bearer )\S+|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
QUOTING = ("openai", "anthropic", "google", "ollama", "langchain", "pydantic")  # their messages repeat what was said
OF_REQUESTS = ("cookies", "data", "env", "query_string", "headers")  # the address and the method stay


def start(dsn: str, *, hidden: tuple[str, ...], **options: Any) -> None:
    import sentry_sdk  # a fifth of a second that nobody without a DSN should wait

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrubber(hidden),
        **options,
    )


def scrubber(hidden: tuple[str, ...]) -> Any:
    """`before_send` that also removes each of `hidden` wherever it stands."""
    secrets = sorted((one for one in hidden if len(one) >= SHORTEST_SECRET), key=len, reverse=True)

    def scrub(event: "Event", _hint: "Hint") -> "Event | None":
        kept: dict[str, Any] = dict(event)
        if "request" in kept:
            kept["request"] = {name: value for name, value in kept["request"].items() if name not in OF_REQUESTS}
        _silence(kept)
        cleaned: Event = _clean(kept, secrets)
        return cleaned

    return scrub


def _silence(event: dict[str, Any]) -> None:
    for raised in (event.get("exception") or {}).get("values") or []:
        if (raised.get("module") or "").startswith(QUOTING):
            raised["value"] = REMOVED


def _clean(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: REMOVED if _is_private(name) else _clean(one, secrets) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one, secrets) for one in value]
    return _without(value, secrets) if isinstance(value, str) else value


def _is_private(name: object) -> bool:
    return isinstance(name, str) and bool(PRIVATE.search(name))


def _without(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, REMOVED)
    return without_credentials(text)


def without_credentials(text: str) -> str:
    """Keys of providers, bearer tokens, passwords in addresses, and addresses that are keys taken out."""
    return without_keys(KEYS.sub(REMOVED, text))
