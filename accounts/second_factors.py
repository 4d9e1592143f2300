"""Secrets of second factors, encrypted in the database by a key that follows from SECRET_KEY.

Whoever reads the database or a dump of it, but not the settings, can't make a code from it. Secrets
of the releases before stand there as they are until `encrypt_all` comes by; both forms are read.
"""

import base64
from functools import cache
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

PREFIX = "fernet:"  # no letter of a secret in base32 or hexadecimal digits is a colon
PURPOSE = b"cairn: secrets of second factors"  # other uses of SECRET_KEY have other keys


class UnreadableSecret(ValidationError):
    """A secret that was encrypted by a SECRET_KEY which this installation doesn't have.

    It must never count as an empty one: anybody could make the codes of that.
    """


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)


def encrypt(text: str) -> str:
    return PREFIX + keys()[0].encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """The secret, also one of a release that didn't encrypt. Raises UnreadableSecret."""
    if not text.startswith(PREFIX):
        return text
    try:
        return MultiFernet(keys()).decrypt(text.removeprefix(PREFIX)).decode()
    except InvalidToken as exc:
        raise UnreadableSecret(
            _("We can't read your second factor any more. Please ask the staff to remove it.")
        ) from exc


def keys() -> list[Fernet]:
    """The key of now, by which is encrypted, and those of before, by which is only read."""
    return [_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@cache
def _key(secret: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def encrypt_all() -> dict[str, int]:
    """Encrypt every secret by the key of now, also those of another key or of none.

    Returns how many rows were written anew, and how many no key can read.
    """
    return _rewrite_all(_by_key_of_now)


def decrypt_all() -> dict[str, int]:
    """Write every secret as the release before this encryption reads it; returns likewise."""
    return _rewrite_all(decrypt)


def _by_key_of_now(text: str) -> str:
    if text.startswith(PREFIX):
        try:
            keys()[0].decrypt(text.removeprefix(PREFIX))
        except InvalidToken:
            return encrypt(decrypt(text))
        return text
    return encrypt(text)


def _rewrite_all(rewrite: Any) -> dict[str, int]:
    counts = {"rewritten": 0, "unreadable": 0}
    secret = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)  # has a public key
    for pk in secret.order_by("pk").values_list("pk", flat=True).iterator():
        try:
            counts["rewritten"] += _rewrite(pk, rewrite)
        except UnreadableSecret:
            counts["unreadable"] += 1
    return counts


@transaction.atomic
def _rewrite(pk: int, rewrite: Any) -> bool:
    """True when the row was changed. It is locked: a recovery code may be used just now."""
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return False
    data = dict(row.data)
    for name in ("secret", "seed"):
        if name in data:
            data[name] = rewrite(data[name])
    if "migrated_codes" in data:
        data["migrated_codes"] = [rewrite(code) for code in data["migrated_codes"]]
    if data == row.data:
        return False
    row.data = data
    row.save(update_fields=["data"])
    return True
