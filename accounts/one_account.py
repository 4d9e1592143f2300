"""One account for an address of mail, and for a name, however many ask for it at once."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import connection

LOCK = 0x6361_6972_6E01  # of names and addresses; held to the end of the transaction


class TakenMeanwhile(Exception):
    """The name or the address was given to somebody else since the form was checked."""


def others_with(email: str, apart_from: User | None = None) -> "list[User]":
    """The accounts with this address, in whatever case it is written."""
    if not email:
        return []
    users = User.objects.filter(email__iexact=email).exclude(email="")  # as the index says it
    if apart_from and apart_from.pk:
        users = users.exclude(pk=apart_from.pk)
    return list(users)


def lock_names_and_addresses() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def release_unproved(email: str, to: User) -> bool:
    """Take an address from accounts that never showed it to be theirs, for who just did.

    False when somebody else has shown the same: they keep it.
    """
    claims = EmailAddress.objects.filter(email__iexact=email).exclude(user=to)
    if claims.filter(verified=True).exists():
        return False
    claims.delete()
    User.objects.filter(email__iexact=email).exclude(pk=to.pk).update(email="")
    return True


def check_free(user: User) -> None:
    """Raises TakenMeanwhile, ValidationError of a name that somebody has, or one like it."""
    get_adapter().check_free(user.username)
    if others_with(user.email):
        raise TakenMeanwhile
