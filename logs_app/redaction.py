"""Redaction of secrets in reports: error pages, Celery's and Flower's answers, Sentry's events.

`config.env` registers every secret that it reads, by the variable's name or as a part of an
address, so that a new setting needs no second place.
"""

import html
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

REDACTED = "[removed]"
SHORTEST_ANYWHERE = 8  # a shorter secret is redacted only where it is a whole word in quotes
SECRET_NAME = re.compile(r"KEY|SECRET|PASS|TOKEN(?!S)|AUTH|CREDENTIAL|DSN", re.IGNORECASE)
KEYS = re.compile(
    r"\b(?:sk|pk|rk)-[\w-]{8,}|(?<=Bearer )\S+|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|(?<=[?&;]password=)[^&\s'\"]+"
)
# Addresses that are keys to what they lead to: experts' links, shared courses, links in emails.
# Also as nobody should have written them, which is logged all the same: %2Fs%2F, %252Fs, //s//,
# /S/, /%73/, /s/./, and with backslashes.
ENCODED = r"%(?:25)*"
SLASH = rf"(?:[/\\]|{ENCODED}(?:2f|5c))"
SLASHES_AND_DOTS = rf"(?:[./\\]|{ENCODED}(?:2[ef]|5c))*"
KEY_PLACES = ("review", "s", "confirm-email", "unsubscribe", "withdraw", "reset/key")


def _spelt(place: str) -> str:
    """A pattern of a part of an address, each letter plain or percent-encoded."""
    pattern = ""
    for char in place:
        codes = f"{ord(char):x}|{ord(char.upper()):x}"
        pattern += f"{SLASH}+" if char == "/" else f"(?:{re.escape(char)}|{ENCODED}(?:{codes}))"
    return pattern


_PLACES = "|".join(map(_spelt, KEY_PLACES))
KEY_IN_ADDRESS = re.compile(
    rf"({SLASH}(?:{_PLACES}){SLASH}{SLASHES_AND_DOTS})(?:(?!{SLASH})[^?\s]){{12,}}",
    re.IGNORECASE,
)
secret_names: set[str] = set()  # of variables that hold a secret, or an address with one
secrets_anywhere: set[str] = set()
secrets_in_quotes: set[str] = set()


def register(secret: str) -> None:
    """Redact `secret` from now on, also as HTML, `repr()` and percent-encoding write it."""
    for written in (secret, unquote(secret), repr(secret)[1:-1]):
        if len(secret) >= SHORTEST_ANYWHERE:
            secrets_anywhere.update((written, html.escape(written)))
        elif written:
            secrets_in_quotes.update((written, html.escape(written)))


def register_variable(name: str, value: str) -> None:
    """Redact the value of a variable of the environment when its name says that it is secret."""
    if SECRET_NAME.search(name):
        secret_names.add(name)
        register(value)


def register_address(name: str, address: str) -> None:
    """Redact an address's password, secrets in its query, and its user where that is the key."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return  # the connection to it will fail, and say why

    if parts.password or parts.query or (parts.username and SECRET_NAME.search(name)):
        secret_names.add(name)

    register(parts.password or "")
    if SECRET_NAME.search(name):
        register(parts.username or "")

    for parameter, value in parse_qsl(parts.query):
        register_variable(parameter, value)


def redact(text: str) -> str:
    if text in secrets_in_quotes:
        return REDACTED

    for secret in sorted(secrets_anywhere, key=len, reverse=True):
        text = text.replace(secret, REDACTED)

    for secret in secrets_in_quotes:
        for quote in ("'", '"', "&#x27;", "&quot;"):
            text = text.replace(f"{quote}{secret}{quote}", f"{quote}{REDACTED}{quote}")

    return KEYS.sub(REDACTED, text)


def redact_all(value: Any) -> Any:
    """`value` with every text in its dictionaries and lists redacted."""
    if isinstance(value, dict):
        return {name: redact_all(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_all(item) for item in value]
    if isinstance(value, str):
        return redact(value)
    return value


def without_keys(text: str) -> str:
    return KEY_IN_ADDRESS.sub(r"\1…", text)


def without_credentials(text: str) -> str:
    """`text` without registered secrets, keys of providers, and addresses that are keys."""
    return without_keys(redact(text))
