"""The only reader of os.environ; a wrong value stops the start and names itself.

`doctor` alone goes on: it notes what was refused, and reads the default instead.
"""

import difflib
import importlib.util
import ipaddress
import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
SHOWN_MAX = 60  # characters of a wrong value that a sentence repeats
ALIKE = 0.85  # of a misspelt name; difflib's measure
SHORTEST_NAME = 6  # a shorter one is like too many that are none of ours
DATABASE_NAME_MAX = 63  # bytes; PostgreSQL's own limit
HOST = re.compile(r"[\w-](?:[\w.-]*[\w-])?\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)
MAILBOX = re.compile(r"[^\s@<>,;:\"()]+@(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-fA-F:.]+\])")

_names: set[str] = set()  # of every variable that was read
_refused: dict[str, str] = {}  # variable → sentence
_goes_on = False


def note_problems() -> None:
    """From now on a wrong value is noted, and its default holds: for `doctor`, which shows them all."""
    global _goes_on
    _goes_on = True


def refused() -> dict[str, str]:
    """Variable → sentence, of what was noted."""
    return dict(_refused)


def refuse(names: Sequence[str], sentence: str) -> None:
    """Raise ImproperlyConfigured, or note it for `doctor`."""
    if not _goes_on:
        raise ImproperlyConfigured(sentence)
    _refused.update(dict.fromkeys(names, sentence))


def misspelt() -> dict[str, str]:
    """Variables that Cairn doesn't read, and the setting that each is most like, if that isn't set: typing errors."""
    known = {*_names, *(f"{name}_FILE" for name in _names)}
    alike: dict[str, str] = {}
    for variable in sorted(set(os.environ) - known):
        if len(variable) < SHORTEST_NAME:
            continue
        near = [name for name in known if abs(len(name) - len(variable)) <= 2]
        for name in difflib.get_close_matches(variable.upper(), near, n=1, cutoff=ALIKE):
            plain = name.removesuffix("_FILE")
            if not {plain, f"{plain}_FILE"} & set(os.environ):
                alike[variable] = name
    return alike


def text(name: str, default: str = "") -> str:
    """The variable, or what the file says that NAME_FILE names: secrets are often mounted as files."""
    _names.add(name)
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if value and path:
        refuse([name], f"{name} and {name}_FILE are both set: keep one of them")
    elif path:
        value = _content(name, path)
    if not _is_text(value):
        refuse([name], f"{name}: expected text in UTF-8")
        return default
    return value or default


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "not a text file"
        refuse([name], f"{name}_FILE={_shown(path)}: can't be read ({reason})")
        return ""


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes of another encoding
        return False
    return "\0" not in value


def _shown(value: str) -> str:
    return repr(value if len(value) <= SHOWN_MAX else f"{value[:SHOWN_MAX]}…")


def _read(name: str, default: T, parse: Callable[[str], T], wanted: str, *, secret: bool = False) -> T:
    """What `parse` makes of the value; a ValueError says that it isn't what is `wanted`.

    A `secret` value is not repeated: an address may carry a password.
    """
    raw = text(name)
    if not raw:
        return default
    try:
        return parse(raw)
    except (ValueError, RecursionError) as exc:
        reason = f" ({exc})" if isinstance(exc, Unusable) else ""
        refuse([name], f"{name}{'' if secret else f'={_shown(raw)}'}: expected {wanted}{reason}")
        return default


class Unusable(ValueError):
    """A wrong value of which more can be said than what was expected."""


def integer(name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
    def parse(raw: str) -> int:
        value = int(raw)
        if not least <= value <= most:
            raise ValueError(raw)
        return value

    return _read(name, default, parse, f"a whole number from {least} to {most}")


def integer_or_none(name: str, *, least: int, most: int) -> int | None:
    value = integer(name, least, least=least, most=most)
    return value if text(name) and name not in _refused else None


def flag(name: str, default: bool) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}

    def parse(raw: str) -> bool:
        if raw.lower() not in words:
            raise ValueError(raw)
        return words[raw.lower()]

    return _read(name, default, parse, "true or false")


def parts(raw: str) -> list[str]:
    return [part.strip() for part in raw.split(",") if part.strip()]


def words(name: str, default: list[str]) -> list[str]:
    """Comma-separated values."""
    return _read(name, default, parts, "a,b,c")


def _each(pattern: Callable[[str], bool]) -> Callable[[str], list[str]]:
    def parse(raw: str) -> list[str]:
        if wrong := [part for part in parts(raw) if not pattern(part)]:
            raise Unusable(f"not {_shown(wrong[0])}")
        return parts(raw)

    return parse


def hosts(name: str, default: list[str]) -> list[str]:
    """Comma-separated host names, as a browser sends them: without scheme, port and path."""

    def is_host(part: str) -> bool:
        return part == "*" or (part.isascii() and bool(HOST.fullmatch(part.removeprefix("."))))

    wanted = "host names without https://, port or path, such as cairn.example.com"
    return _read(name, default, _each(is_host), wanted)


def origins(name: str) -> list[str]:
    """Comma-separated origins: scheme and host, and a port where it isn't the usual one."""

    def is_origin(part: str) -> bool:
        return part == _origin(_address(part.replace("://*.", "://any."), ("http", "https"))).replace(
            "://any.", "://*."
        )

    return _read(name, [], _each(is_origin), "origins such as https://cairn.example.com")


def _origin(address: SplitResult) -> str:
    return f"{address.scheme}://{address.netloc}"


def host(name: str, default: str) -> str:
    """The name or address of a machine."""

    def parse(raw: str) -> str:
        if not HOST.fullmatch(raw):
            ipaddress.ip_address(raw)
        return raw

    return _read(name, default, parse, "a host name without scheme and port, such as mail.example.com")


def mailbox(name: str, default: str) -> str:
    """An e-mail address, alone or behind a name: `Cairn <cairn@example.com>`."""

    def parse(raw: str) -> str:
        if not (raw.isprintable() and MAILBOX.fullmatch(parseaddr(raw)[1])):
            raise ValueError(raw)
        return raw

    return _read(name, default, parse, "an e-mail address, such as cairn@example.com")


def mailboxes(name: str) -> list[str]:
    """Comma-separated e-mail addresses."""

    def is_mailbox(part: str) -> bool:
        return bool(MAILBOX.fullmatch(part))

    return _read(name, [], _each(is_mailbox), "e-mail addresses with commas between them")


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Comma-separated addresses or networks."""

    def parse(raw: str) -> list[IPv4Network | IPv6Network]:
        return [ip_network(part) for part in parts(raw)]

    return _read(name, [], parse, "networks, such as 10.0.0.0/8,127.0.0.1")


def user_and_password(name: str) -> str:
    """`user:password`; a wrong one is not repeated."""

    def parse(raw: str) -> str:
        user, _, password = raw.partition(":")
        if not (user and password):
            raise ValueError(raw)
        return raw

    return _read(name, "", parse, "user:password", secret=True)


def token(name: str) -> str:
    """A key as providers give them out: letters, digits and signs, which an HTTP header can carry."""

    def parse(raw: str) -> str:
        if not (raw.isascii() and raw.isprintable()):
            raise ValueError(raw)
        return raw

    return _read(name, "", parse, "one line of plain letters, digits and signs", secret=True)


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


def folder(name: str, default: Path) -> Path:
    """A folder that is there or can be made, and written."""

    def parse(raw: str) -> Path:
        try:
            Path(raw).mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise Unusable(str(exc.strerror)) from exc
        if not os.access(raw, os.W_OK):
            raise Unusable("it can't be written")
        return Path(raw)

    chosen = _read(name, default, parse, "a folder that can be made and written")
    return Path(tempfile.mkdtemp(prefix="cairn-doctor-")) if name in _refused else chosen


def python_class(name: str, default: str) -> str:
    """A class by its dotted path; whether its module exists is looked up."""

    def parse(raw: str) -> str:
        module = raw.rpartition(".")[0]
        if not re.fullmatch(r"[a-z_]\w*(\.\w+)+", raw, re.IGNORECASE):
            raise ValueError(raw)
        try:
            found = importlib.util.find_spec(module)
        except ImportError:
            found = None
        if found is None:
            raise Unusable(f"there is no module {module}")
        return raw

    return _read(name, default, parse, f"a class such as {default}")


def _address(raw: str, schemes: Sequence[str]) -> SplitResult:
    """The parts of an address with one of `schemes`, a host, and a port that can be one. Raises ValueError."""
    if not raw.isprintable() or " " in raw:
        raise Unusable("it has spaces or signs that no address has")
    address = urlsplit(raw)
    if address.scheme not in schemes:
        raise ValueError(raw)
    if not address.hostname:
        raise Unusable("it names no host")
    try:
        port = address.port
    except ValueError:
        port = 0
    if port == 0:
        raise Unusable("its port is no number from 1 to 65535")
    return address


def url(name: str, schemes: tuple[str, ...]) -> str:
    def parse(raw: str) -> str:
        _address(raw, schemes)
        return raw

    wanted = f"an address that starts with {'://, '.join(schemes)}:// and names a host"
    return _read(name, "", parse, wanted, secret=True)


def dsn(name: str) -> str:
    """A DSN of Sentry, `https://key@host/project`."""

    def parse(raw: str) -> str:
        address = _address(raw, ("http", "https"))
        if not address.username or not address.path.rpartition("/")[2].isdecimal():
            raise ValueError(raw)
        return raw

    return _read(name, "", parse, "a DSN such as https://key@host/1", secret=True)


def database_url(name: str) -> str:
    """`postgresql://…`, as libpq takes it."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    def parse(raw: str) -> str:
        if not raw.startswith(("postgresql://", "postgres://")):
            raise ValueError(raw)
        try:
            info = conninfo_to_dict(raw)
        except ProgrammingError as exc:
            # libpq repeats what it can't read, which may be the password.
            reason = str(exc).strip().partition(": ")[0].partition('"')[0].strip()
            raise Unusable(f"not a PostgreSQL address: {reason}") from exc
        if not any(info.get(part) for part in ("host", "hostaddr", "service", "dbname")):
            raise Unusable("it names no host")
        if not all(port.isdecimal() and 0 < int(port) < 65_536 for port in str(info.get("port") or 5432).split(",")):
            raise Unusable("its port is no number from 1 to 65535")
        if len(str(info.get("dbname") or "").encode()) > DATABASE_NAME_MAX:
            raise Unusable(f"its database's name is longer than {DATABASE_NAME_MAX} bytes")
        return raw

    return _read(name, "", parse, "an address that starts with postgresql:// or postgres://", secret=True)


def redis_url(name: str) -> str:
    """`redis://…`, `rediss://…` or `unix://…`."""
    from redis import ConnectionPool

    def parse(raw: str) -> str:
        if raw.startswith("unix://"):
            if not raw[len("unix://") :].startswith("/"):
                raise Unusable("unix:// is followed by the path of a socket")
        elif not re.fullmatch(r"/?|/\d{1,5}", _address(raw, ("redis", "rediss")).path):
            raise Unusable("behind the host comes the number of a database")
        try:
            ConnectionPool.from_url(raw)
        except TypeError as exc:
            raise Unusable("it has options that Redis does not know") from exc
        return raw

    return _read(name, "", parse, "an address that starts with redis://, rediss:// or unix://", secret=True)


def _model(raw: str, providers: Sequence[str]) -> str:
    provider, colon, model = raw.partition(":")
    if not (provider and colon and model.strip()):
        raise ValueError(raw)
    if provider not in providers:
        near = difflib.get_close_matches(provider.lower(), providers, n=1)
        raise Unusable(f"no provider is called {_shown(provider)}" + "".join(f"; did you mean {one}?" for one in near))
    return raw


def model_name(name: str, providers: Sequence[str]) -> str:
    """`provider:model`, as init_chat_model takes it."""
    wanted = "provider:model, such as openai:gpt-4o-mini"
    return _read(name, "", lambda raw: _model(raw, providers), wanted)


def models_by_role(name: str, roles: tuple[str, ...], providers: Sequence[str]) -> dict[str, str]:
    """A JSON object of role to `provider:model`."""

    def parse(raw: str) -> dict[str, str]:
        value = json.loads(raw)
        if not isinstance(value, dict) or not set(value) <= set(roles):
            raise ValueError(raw)
        if not all(isinstance(model, str) for model in value.values()):
            raise ValueError(raw)
        return {role: _model(model, providers) for role, model in value.items()}

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
    if not all(isinstance(price, int | float) and 0 <= price < 1e9 for price in pair):
        raise ValueError(pair)
    return float(pair[0]), float(pair[1])


def social_providers(name: str, known: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Provider to its (client id, secret), each from a variable of its own."""
    clients = {provider: _client(provider) for provider in known}  # all are read, so that all names are known
    wanted = words(name, [])
    if unknown := sorted(set(wanted) - set(known)):
        refuse([name], f"{name}: unknown {', '.join(unknown)}; known are {', '.join(known)}")
    complete = {}
    for provider in [provider for provider in wanted if provider in known]:
        variables = _client_variables(provider)
        if missing := [variable for variable in variables if not text(variable)]:
            refuse(missing, f"{' and '.join(missing)}: needed to sign in with {provider}")
        else:
            complete[provider] = clients[provider]
    return complete


def _client_variables(provider: str) -> tuple[str, str]:
    return f"SOCIAL_{provider.upper()}_CLIENT_ID", f"SOCIAL_{provider.upper()}_SECRET"


def _client(provider: str) -> tuple[str, str]:
    client_id, secret = _client_variables(provider)
    return text(client_id), text(secret)
