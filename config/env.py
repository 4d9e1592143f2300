"""The environment's variables, read here only; a wrong value stops the start and names itself.

`doctor` alone goes on: it notes refused values, and reads the defaults instead.
"""

import difflib
import os
import tempfile
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

from config import values
from logs_app import redaction

T = TypeVar("T")
ALIKE = 0.85  # of a misspelt name; difflib's measure
SHORTEST_NAME = 6  # a shorter one is like too many that are none of ours

_names: set[str] = set()  # of every variable that was read
_refused: dict[str, str] = {}  # variable → sentence
_goes_on = False


def note_problems() -> None:
    """Note wrong values from now on and use their defaults, for `doctor`, which shows them all."""
    global _goes_on
    _goes_on = True


def refused() -> dict[str, str]:
    """The noted wrong values: variable → sentence."""
    return dict(_refused)


def refuse(names: Sequence[str], sentence: str) -> None:
    """Raise ImproperlyConfigured, or note it for `doctor`."""
    if not _goes_on:
        raise ImproperlyConfigured(sentence)
    _refused.update(dict.fromkeys(names, sentence))


def misspelt() -> dict[str, str]:
    """Typing errors: variables that Cairn doesn't read, and the unset setting that each is like."""
    names = {*_names, *(f"{name}_FILE" for name in _names)}
    alike: dict[str, str] = {}
    for variable in sorted(set(os.environ) - names):
        if len(variable) < SHORTEST_NAME:
            continue
        near = [name for name in names if abs(len(name) - len(variable)) <= 2]
        for name in difflib.get_close_matches(variable.upper(), near, n=1, cutoff=ALIKE):
            plain = name.removesuffix("_FILE")
            if not {plain, f"{plain}_FILE"} & set(os.environ):
                alike[variable] = name
    return alike


def text(name: str, default: str = "") -> str:
    """A variable's text, or that of the file in NAME_FILE: secrets are often mounted as files."""
    _names.add(name)
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if value and path:
        refuse([name], f"{name} and {name}_FILE are both set: keep one of them")
    elif path:
        value = _content(name, path)
    if not values.is_text(value):
        refuse([name], f"{name}: expected text in UTF-8")
        return default
    redaction.register_variable(name, value)
    return value or default


def _content(name: str, path: str) -> str:
    """The text of the file in NAME_FILE."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as exc:
        reason = exc.strerror
    except ValueError:
        reason = "not a text file"
    refuse([name], f"{name}_FILE={values.shown(path)}: can't be read ({reason})")
    return ""


def _read(
    name: str, default: T, parse: Callable[[str], T], expected: str, *, secret: bool = False
) -> T:
    """The value by `parse`, whose ValueError means that it isn't the `expected` one.

    A `secret` value is not repeated: an address may carry a password.
    """
    raw = text(name)
    if not raw:
        return default
    try:
        return parse(raw)
    except (ValueError, RecursionError) as exc:
        sentence = f"{name}: expected {expected}"
        if not secret:
            sentence = f"{name}={values.shown(raw)}: expected {expected}"
        if isinstance(exc, values.Unusable):
            sentence += f" ({exc})"
        refuse([name], sentence)
        return default


def _read_address(name: str, parse: Callable[[str], str], expected: str) -> str:
    """An address, whose password no report shows."""
    address = _read(name, "", parse, expected, secret=True)
    redaction.register_address(name, address)
    return address


def integer(name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
    expected = f"a whole number from {least} to {most}"
    return _read(name, default, lambda raw: values.integer(raw, least, most), expected)


def integer_or_none(name: str, *, least: int, most: int) -> int | None:
    value = integer(name, least, least=least, most=most)
    if not text(name) or name in _refused:
        return None
    return value


def flag(name: str, default: bool) -> bool:
    return _read(name, default, values.flag, "true or false")


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    return _read(
        name, default, lambda raw: values.choice(raw, allowed), "one of " + ", ".join(allowed)
    )


def words(name: str, default: list[str]) -> list[str]:
    """Comma-separated values."""
    return _read(name, default, values.words, "a,b,c")


def rates(
    name: str, default: str, whom: tuple[str, ...] = ("person", "address", "stranger")
) -> tuple[values.Rate, ...]:
    """Rates such as `30/h/person`, with commas between them, or `none`.

    Those of strangers are counted per address, for people who aren't signed in.
    """
    expected = f"rates such as {default}, or none, counted per {', '.join(whom)}"
    return _read(name, values.rates(default, whom), lambda raw: values.rates(raw, whom), expected)


def path(name: str, default: str) -> str:
    """A part of an address, without the slash before it."""
    return _read(
        name, default, lambda raw: values.matching(r"([a-z0-9_-]+/)+", raw), "a path such as admin/"
    )


def folder(name: str, default: Path) -> Path:
    """A folder that is there or can be made, and written."""
    path = _read(name, default, values.folder, "a folder that can be made and written")
    if name in _refused:
        return Path(tempfile.mkdtemp(prefix="cairn-doctor-"))
    return path


def python_class(name: str, default: str) -> str:
    """A class by its dotted path; whether its module exists is looked up."""
    return _read(name, default, values.python_class, f"a class such as {default}")


def user_and_password(name: str) -> str:
    """`user:password`; a wrong one is not repeated."""
    credentials = _read(name, "", values.user_and_password, "user:password", secret=True)
    redaction.register(credentials.partition(":")[2])
    return credentials


def token(name: str) -> str:
    """A key as providers give it out: letters, digits and signs that an HTTP header can carry."""
    return _read(name, "", values.token, "one line of plain letters, digits and signs", secret=True)


def hosts(name: str, default: list[str]) -> list[str]:
    """Comma-separated host names, as a browser sends them: without scheme, port and path."""
    expected = "host names without https://, port or path, such as cairn.example.com"
    return _read(name, default, lambda raw: values.each(raw, values.is_allowed_host), expected)


def origins(name: str) -> list[str]:
    """Comma-separated origins: scheme and host, and a port where it isn't the usual one."""
    expected = "origins such as https://cairn.example.com"
    return _read(name, [], lambda raw: values.each(raw, values.is_origin), expected)


def host(name: str, default: str) -> str:
    """The name or address of a machine."""
    return _read(
        name, default, values.host, "a host name without scheme and port, such as mail.example.com"
    )


def mailbox(name: str, default: str) -> str:
    """An e-mail address, alone or behind a name: `Cairn <cairn@example.com>`."""
    return _read(name, default, values.mailbox, "an e-mail address, such as cairn@example.com")


def mailboxes(name: str) -> list[str]:
    """Comma-separated e-mail addresses."""
    expected = "e-mail addresses with commas between them"
    return _read(name, [], lambda raw: values.each(raw, values.is_mailbox), expected)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Comma-separated addresses or networks."""
    return _read(name, [], values.networks, "networks, such as 10.0.0.0/8,127.0.0.1")


def url(name: str, schemes: tuple[str, ...]) -> str:
    expected = f"an address that starts with {'://, '.join(schemes)}:// and names a host"
    return _read_address(name, lambda raw: values.url(raw, schemes), expected)


def dsn(name: str) -> str:
    """A DSN of Sentry, `https://key@host/project`."""
    return _read_address(name, values.dsn, "a DSN such as https://key@host/1")


def database_url(name: str) -> str:
    """`postgresql://…`, as libpq takes it."""
    expected = "an address that starts with postgresql:// or postgres://"
    return _read_address(name, values.database_url, expected)


def redis_url(name: str) -> str:
    """`redis://…`, `rediss://…` or `unix://…`."""
    expected = "an address that starts with redis://, rediss:// or unix://"
    return _read_address(name, values.redis_url, expected)


def model_name(name: str, providers: Sequence[str]) -> str:
    """`provider:model`, as init_chat_model takes it."""
    expected = "provider:model, such as openai:gpt-4o-mini"
    return _read(name, "", lambda raw: values.model(raw, providers), expected)


def models_by_role(name: str, roles: tuple[str, ...], providers: Sequence[str]) -> dict[str, str]:
    """A JSON object of role to `provider:model`."""
    expected = f'JSON {{"role": "provider:model"}} with roles {", ".join(roles)}'
    return _read(name, {}, lambda raw: values.models_by_role(raw, roles, providers), expected)


def prices(name: str) -> dict[str, tuple[float, float]]:
    """A JSON object of `provider:model` to what a million tokens cost: [in, out]."""
    return _read(name, {}, values.prices, 'JSON {"provider:model": [in, out]} per million tokens')


def social_providers(name: str, known: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Provider to its (client id, secret), each from a variable of its own."""
    chosen = words(name, [])
    if unknown := sorted(set(chosen) - set(known)):
        refuse([name], f"{name}: unknown {', '.join(unknown)}; known are {', '.join(known)}")

    clients: dict[str, tuple[str, str]] = {}
    for provider in known:
        variables = (f"SOCIAL_{provider.upper()}_CLIENT_ID", f"SOCIAL_{provider.upper()}_SECRET")
        # Read also for those that are not chosen: their names are no typing errors.
        client = (text(variables[0]), text(variables[1]))
        missing = [variable for variable, value in zip(variables, client, strict=True) if not value]
        if provider in chosen and missing:
            refuse(missing, f"{' and '.join(missing)}: needed to sign in with {provider}")
        else:
            clients[provider] = client
    return {provider: clients[provider] for provider in chosen if provider in clients}
