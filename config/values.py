"""Values of settings, parsed from the environment's text.

Each function returns the value or raises ValueError; an `Unusable` says more than that something
else was expected, and never repeats an address or a secret.
"""

import difflib
import importlib.util
import ipaddress
import json
import os
import re
from collections.abc import Callable, Sequence
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

SHOWN_MAX = 60  # characters of a wrong value that a sentence repeats
DATABASE_NAME_MAX = 63  # bytes; PostgreSQL's own limit
HOST = re.compile(r"[\w-](?:[\w.-]*[\w-])?\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)
MAILBOX = re.compile(r"[^\s@<>,;:\"()]+@(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-fA-F:.]+\])")
CLASS = re.compile(r"[a-z_]\w*(?:\.\w+)+", re.IGNORECASE)
FLAGS = dict.fromkeys(("1", "true", "yes", "on"), True)
FLAGS |= dict.fromkeys(("0", "false", "no", "off"), False)
RATE = re.compile(r"([1-9]\d{0,8})/(\d{0,6})([smhd])/([a-z]+)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Unusable(ValueError):
    """A wrong value of which more can be said than what was expected."""


class Rate(NamedTuple):
    """So many in so many seconds, counted per person, address, account or stranger."""

    amount: int
    seconds: int
    per: str


def shown(value: str) -> str:
    if len(value) > SHOWN_MAX:
        value = f"{value[:SHOWN_MAX]}…"
    return repr(value)


def is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes of another encoding
        return False
    return "\0" not in value


def matching(pattern: str, raw: str) -> str:
    if not re.fullmatch(pattern, raw, re.IGNORECASE):
        raise ValueError(raw)
    return raw


def integer(raw: str, least: int, most: int) -> int:
    value = int(raw)
    if not least <= value <= most:
        raise ValueError(raw)
    return value


def flag(raw: str) -> bool:
    if raw.lower() not in FLAGS:
        raise ValueError(raw)
    return FLAGS[raw.lower()]


def choice(raw: str, allowed: Sequence[str]) -> str:
    if raw not in allowed:
        raise ValueError(raw)
    return raw


def words(raw: str) -> list[str]:
    return [part.strip() for part in raw.split(",") if part.strip()]


def each(raw: str, is_right: Callable[[str], bool]) -> list[str]:
    """Comma-separated values that are all right."""
    for part in words(raw):
        if not is_right(part):
            raise Unusable(f"not {shown(part)}")
    return words(raw)


def rates(raw: str, whom: Sequence[str]) -> tuple[Rate, ...]:
    """Comma-separated rates such as `30/h/person` and `5/300s/account`, or `none`."""
    if raw == "none":
        return ()
    parsed = []
    for part in words(raw):
        match = RATE.fullmatch(part)
        if not match:
            raise Unusable(f"not {shown(part)}")
        amount, number, unit, per = match.groups()
        seconds = int(number or 1) * SECONDS[unit]
        if per not in whom or not seconds:
            raise Unusable(f"not {shown(part)}")
        parsed.append(Rate(int(amount), seconds, per))
    if not parsed:
        raise ValueError(raw)
    return tuple(parsed)


def user_and_password(raw: str) -> str:
    user, _, password = raw.partition(":")
    if not (user and password):
        raise ValueError(raw)
    return raw


def token(raw: str) -> str:
    if not (raw.isascii() and raw.isprintable()):
        raise ValueError(raw)
    return raw


def folder(raw: str) -> Path:
    try:
        path = Path(raw).expanduser()
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Unusable(str(exc.strerror)) from exc
    except RuntimeError as exc:  # ~somebody who isn't there
        raise Unusable(str(exc)) from exc
    if not os.access(path, os.W_OK):
        raise Unusable("it can't be written")
    return path


def python_class(raw: str) -> str:
    """A dotted path whose module exists; the module itself is not imported."""
    module = raw.rpartition(".")[0]
    if not CLASS.fullmatch(raw):
        raise ValueError(raw)
    try:
        spec = importlib.util.find_spec(module)
    except ImportError:
        spec = None
    if spec is None:
        raise Unusable(f"there is no module {module}")
    return raw


def host(raw: str) -> str:
    if not HOST.fullmatch(raw):
        ipaddress.ip_address(raw)
    return raw


def is_allowed_host(raw: str) -> bool:
    """True for a value of ALLOWED_HOSTS: a host as a browser sends it, `.example.com`, or `*`."""
    return raw == "*" or (raw.isascii() and bool(HOST.fullmatch(raw.removeprefix("."))))


def is_origin(raw: str) -> bool:
    """True for a scheme, a host (`*.` before it for all below) and perhaps a port, and no more."""
    parts = address(raw.replace("://*.", "://"), ("http", "https"))
    return raw.replace("://*.", "://") == f"{parts.scheme}://{parts.netloc}"


def networks(raw: str) -> list[IPv4Network | IPv6Network]:
    return [ipaddress.ip_network(part) for part in words(raw)]


def is_mailbox(raw: str) -> bool:
    return bool(MAILBOX.fullmatch(raw))


def mailbox(raw: str) -> str:
    """An address, alone or behind a name."""
    if not (raw.isprintable() and is_mailbox(parseaddr(raw)[1])):
        raise ValueError(raw)
    return raw


def address(raw: str, schemes: Sequence[str]) -> SplitResult:
    """The parts of an address with one of `schemes`, a host, and a port that can be one."""
    if not raw.isprintable() or " " in raw:
        raise Unusable("it has spaces or signs that no address has")
    parts = urlsplit(raw)
    if parts.scheme not in schemes:
        raise ValueError(raw)
    if not parts.hostname:
        raise Unusable("it names no host")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise Unusable("its port is no number from 1 to 65535")
    return parts


def url(raw: str, schemes: Sequence[str]) -> str:
    address(raw, schemes)
    return raw


def dsn(raw: str) -> str:
    parts = address(raw, ("http", "https"))
    if not parts.username or not parts.path.rpartition("/")[2].isdecimal():
        raise ValueError(raw)
    return raw


def database_url(raw: str) -> str:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    if not raw.startswith(("postgresql://", "postgres://")):
        raise ValueError(raw)
    try:
        info = conninfo_to_dict(raw)
    except ProgrammingError as exc:
        # libpq repeats what it can't read, which may be the password.
        reason = str(exc).partition(": ")[0].partition('"')[0].strip()
        raise Unusable(f"not a PostgreSQL address: {reason}") from exc
    if not any(info.get(part) for part in ("host", "hostaddr", "service", "dbname")):
        raise Unusable("it names no host")
    ports = str(info.get("port") or 5432).split(",")
    if not all(port.isdecimal() and 0 < int(port) < 65_536 for port in ports):
        raise Unusable("its port is no number from 1 to 65535")
    if len(str(info.get("dbname") or "").encode()) > DATABASE_NAME_MAX:
        raise Unusable(f"its database's name is longer than {DATABASE_NAME_MAX} bytes")
    return raw


def redis_url(raw: str) -> str:
    from redis import ConnectionPool

    if raw.startswith("unix://"):
        parts = urlsplit(raw)
        if parts.hostname or not parts.path.startswith("/"):
            raise Unusable("unix:// is followed by the path of a socket")
    elif not re.fullmatch(r"/?|/\d{1,5}", address(raw, ("redis", "rediss")).path):
        raise Unusable("behind the host comes the number of a database")
    try:
        ConnectionPool.from_url(raw)
    except TypeError as exc:
        raise Unusable("it has options that Redis does not know") from exc
    return raw


def model(raw: str, providers: Sequence[str]) -> str:
    provider, _, name = raw.partition(":")
    if not (provider and name.strip()):
        raise ValueError(raw)
    if provider not in providers:
        sentence = f"no provider is called {shown(provider)}"
        for near in difflib.get_close_matches(provider.lower(), providers, n=1):
            sentence += f"; did you mean {near}?"
        raise Unusable(sentence)
    return raw


def models_by_role(raw: str, roles: Sequence[str], providers: Sequence[str]) -> dict[str, str]:
    value = json.loads(raw)
    if not isinstance(value, dict) or not set(value) <= set(roles):
        raise ValueError(raw)
    if not all(isinstance(name, str) for name in value.values()):
        raise ValueError(raw)
    return {role: model(name, providers) for role, name in value.items()}


def prices(raw: str) -> dict[str, tuple[float, float]]:
    value = json.loads(raw)
    if not isinstance(value, dict):
        raise ValueError(raw)

    by_model = {}
    for name, pair in value.items():
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(pair)
        if not all(isinstance(price, int | float) and 0 <= price < 1e9 for price in pair):
            raise ValueError(pair)
        by_model[name] = (float(pair[0]), float(pair[1]))
    return by_model
