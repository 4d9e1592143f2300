"""Check of the page that opens a socket: its whole origin must be ours.

Browsers let any page open a socket to any site, and send its cookies. The host alone says too
little: another port of the same machine may be somebody else's.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

PORTS = {"http": 80, "https": 443}
Origin = tuple[str, str, int]  # scheme, host, port


def parsed(text: str) -> Origin | None:
    """An origin with its port, None for what is none: `null`, another scheme, a wrong port."""
    try:
        parts = urlsplit(text.lower())
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port


def own_origins(scope: dict[str, Any]) -> Iterator[Origin | None]:
    """The origins of our pages: by PUBLIC_URL, and as this request called us."""
    yield parsed(settings.PUBLIC_URL)
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get(b"host", "")
    domain, _port = split_domain_port(host)
    if domain and validate_host(domain, settings.ALLOWED_HOSTS):
        yield parsed(f"{_scheme(scope, headers)}://{host}")


def _scheme(scope: dict[str, Any], headers: dict[bytes, str]) -> str:
    """The scheme of the page that asks; a proxy names it where we are behind one."""
    is_secure = scope.get("scheme") in ("wss", "https")
    if settings.BEHIND_PROXY and (forwarded := headers.get(b"x-forwarded-proto")):
        is_secure = forwarded.split(",")[0].strip() in ("https", "wss")
    return "https" if is_secure else "http"


def is_ours(origin: Origin | None, scope: dict[str, Any]) -> bool:
    if origin is None:
        return False
    return origin in own_origins(scope) or any(
        _matches(origin, pattern) for pattern in settings.CSRF_TRUSTED_ORIGINS
    )


def _matches(origin: Origin, pattern: str) -> bool:
    """Whether a trusted origin, whose host may begin with `*.`, names this one."""
    trusted = parsed(pattern.replace("://*.", "://."))
    return (
        trusted is not None
        and (origin[0], origin[2]) == (trusted[0], trusted[2])
        and is_same_domain(origin[1], trusted[1])
    )


class OwnPagesOnly:
    """An ASGI application for sockets that turns the pages of others away."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        named = [value for name, value in scope["headers"] if name == b"origin"]
        origin = parsed(named[0].decode("latin-1")) if len(named) == 1 else None
        application = self.application if is_ours(origin, scope) else WebsocketDenier()
        await application(scope, receive, send)
