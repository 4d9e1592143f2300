"""Change of a person's address for mail: told to the old address first, with a way to stop it."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from accounts.mail import is_verified
from accounts.models import Preferences
from roadmaps.people.public_address import public_address

SALT = "accounts.address_change"


def tell_old_address(pending: EmailAddress) -> None:
    """Mail to the address in use, before the new one is asked whether it is theirs.

    An address that was never shown to be theirs may be a stranger's, who reads none of the words
    that its account was given.
    """
    user = pending.user
    if not user.email:
        return
    context = {
        "new_address": pending.email if is_verified(user) else "",
        "stop": public_address("withdraw_address", withdraw_token(pending)),
    }
    with translation.override(Preferences.of(user).mail_language):
        text = render_to_string("accounts/mail/address_change.txt", context).strip()
    subject, _, body = text.partition("\n")
    EmailMessage(subject, body.strip() + "\n", None, [user.email]).send()


def withdraw_token(pending: EmailAddress) -> str:
    return signing.dumps([pending.user_id, pending.pk], salt=SALT)


def read_token(token: str) -> EmailAddress:
    """The address that waits to be confirmed.

    Raises ValueError: the link isn't ours or is too old, or nothing waits any more.
    """
    max_age = timedelta(days=settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS)
    try:
        user_id, pk = signing.loads(token, salt=SALT, max_age=max_age)
        return EmailAddress.objects.get(pk=pk, user=user_id, verified=False)
    except (signing.BadSignature, EmailAddress.DoesNotExist) as exc:
        raise ValueError("This link is incomplete, or nothing waits to be changed.") from exc


@transaction.atomic
def withdraw(pending: EmailAddress) -> User:
    """Drop the new address, and with the password every session of the account."""
    user: User = User.objects.select_for_update().get(pk=pending.user_id)
    pending.delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    return user
