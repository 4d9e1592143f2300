"""Settings of security: hosts, secrets, cookies, and the policies that browsers enforce."""

import contextlib
import os
import secrets
import tempfile

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.settings.accounts import SIGN_IN_AT, SOCIAL_PROVIDERS
from config.settings.folders import VAR_DIR, make_folder, not_writable
from logs_app import redaction

DEBUG = env.flag("DEBUG", False)
HTTPS = env.flag("HTTPS", False)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")


SECRET_KEY_GIVEN = bool(env.text("SECRET_KEY"))


def _secret_key() -> str:
    """SECRET_KEY, or one made for this checkout and kept in var/."""
    if SECRET_KEY_GIVEN:
        return env.text("SECRET_KEY")
    folder = make_folder(VAR_DIR)
    path = folder / "secret_key"
    try:
        if not path.exists():
            # Whole at once: two processes that start at the same moment read the same one.
            with tempfile.NamedTemporaryFile("w", dir=folder) as file:  # for its owner alone
                file.write(secrets.token_urlsafe(64))
                file.flush()
                with contextlib.suppress(FileExistsError):
                    os.link(file.name, path)
        return path.read_text()
    except OSError as exc:
        raise ImproperlyConfigured(not_writable(exc)) from exc


SECRET_KEY = _secret_key()
redaction.register(SECRET_KEY)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", [])  # keys of before, only read by
for _secret in SECRET_KEY_FALLBACKS:
    redaction.register(_secret)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.flag("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
X_FRAME_OPTIONS = "DENY"
ADMIN_PATH = env.path("ADMIN_PATH", "admin/")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        # Browsers ask this of redirects too, and to sign in elsewhere is a form that redirects
        # there.
        "form-action": ["'self'", *(SIGN_IN_AT[name] for name in SOCIAL_PROVIDERS)],
        "base-uri": ["'none'"],
    }
}
SOCKET_CHECK_SECONDS = 10  # so long may a socket outlive its right if no hint of the loss arrives
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
}
