"""The only reader of os.environ; a wrong value stops the start and names itself."""

import json
import math
import os
import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


def text(name: str, default: str = "") -> str:
    """The variable, or what the file says that NAME_FILE names: secrets are often mounted as files."""
    given = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if given and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one of them")
    return given or (_content(f"{name}_FILE", path) if path else "") or default


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "not a text file"
        raise ImproperlyConfigured(f"{name}={path!r}: can't be read ({reason})") from None


def _read(name: str, default: T, parse: Callable[[str], T], wanted: str) -> T:
    raw = text(name)
    if not raw:
        return default
    try:
        return parse(raw)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name}={raw!r}: expected {wanted}") from exc


def integer(name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
    def parse(raw: str) -> int:
        value = int(raw)
        if not least <= value <= most:
            raise ValueError(raw)
        return value

    return _read(name, default, parse, f"a whole number from {least} to {most}")


def integer_or_none(name: str, *, least: int, most: int) -> int | None:
    return integer(name, least, least=least, most=most) if text(name) else None


def flag(name: str, default: bool) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}

    def parse(raw: str) -> bool:
        if raw.lower() not in words:
            raise ValueError(raw)
        return words[raw.lower()]

    return _read(name, default, parse, "true or false")


def words(name: str, default: list[str]) -> list[str]:
    """Comma-separated values."""
    return _read(name, default, lambda raw: [part.strip() for part in raw.split(",") if part.strip()], "a,b,c")


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Comma-separated addresses or networks."""

    def parse(raw: str) -> list[IPv4Network | IPv6Network]:
        return [ip_network(part.strip()) for part in raw.split(",") if part.strip()]

    return _read(name, [], parse, "networks, such as 10.0.0.0/8,127.0.0.1")


def user_and_password(name: str) -> str:
    """`user:password`; a wrong one is not repeated."""
    given = text(name)
    user, _, password = given.partition(":")
    if given and not (user and password):
        raise ImproperlyConfigured(f"{name}: expected user:password")
    return given


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(raw)
        return raw

    return _read(name, default, parse, "one of " + ", ".join(allowed))


def path(name: str, default: str) -> str:
    """A part of an address, without the slash before it."""

    def parse(raw: str) -> str:
        if not re.fullmatch(r"([a-z0-9_-]+/)+", raw, re.IGNORECASE):
            raise ValueError(raw)
        return raw

    return _read(name, default, parse, "a path such as admin/")


def url(name: str, schemes: tuple[str, ...]) -> str:
    def parse(raw: str) -> str:
        if not raw.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(raw)
        return raw

    # A wrong address may carry a password, so its value is not repeated.
    try:
        return parse(text(name)) if text(name) else ""
    except ValueError:
        raise ImproperlyConfigured(f"{name}: expected an address that starts with {'://, '.join(schemes)}://") from None


def model_name(name: str, default: str = "") -> str:
    """`provider:model`, as init_chat_model takes it."""

    def parse(raw: str) -> str:
        provider, colon, model = raw.partition(":")
        if not (provider and colon and model):
            raise ValueError(raw)
        return raw

    return _read(name, default, parse, "provider:model, such as openai:gpt-4o-mini")


def models_by_role(name: str, roles: tuple[str, ...]) -> dict[str, str]:
    """A JSON object of role to `provider:model`."""

    def parse(raw: str) -> dict[str, str]:
        value = json.loads(raw)
        if not isinstance(value, dict) or not set(value) <= set(roles):
            raise ValueError(raw)
        if not all(isinstance(model, str) and ":" in model for model in value.values()):
            raise ValueError(raw)
        return value

    return _read(name, {}, parse, f'JSON {{"role": "provider:model"}} with roles {", ".join(roles)}')


def prices(name: str) -> dict[str, tuple[float, float]]:
    """A JSON object of `provider:model` to what a million tokens cost: [in, out]."""

    def parse(raw: str) -> dict[str, tuple[float, float]]:
        value = json.loads(raw)
        if not isinstance(value, dict):
            raise ValueError(raw)
        return {model: _price(pair) for model, pair in value.items()}

    return _read(name, {}, parse, 'JSON {"provider:model": [in, out]} per million tokens')


def _price(pair: object) -> tuple[float, float]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError(pair)
    if not all(isinstance(one, int | float) and 0 <= one < math.inf for one in pair):
        raise ValueError(pair)
    return float(pair[0]), float(pair[1])


def social_providers(name: str, known: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Provider to its (client id, secret), each from a variable of its own."""
    wanted = words(name, [])
    if unknown := sorted(set(wanted) - set(known)):
        raise ImproperlyConfigured(f"{name}: unknown {', '.join(unknown)}; known are {', '.join(known)}")
    return {provider: _client(provider) for provider in wanted}


def _client(provider: str) -> tuple[str, str]:
    names = tuple(f"SOCIAL_{provider.upper()}_{part}" for part in ("CLIENT_ID", "SECRET"))
    if missing := [one for one in names if not text(one)]:
        raise ImproperlyConfigured(f"{' and '.join(missing)}: needed to sign in with {provider}")
    return text(names[0]), text(names[1])
