"""Notices by email. A row is locked while its mail leaves and marked when it has left.

A process that dies in between leaves it to be sent again, under the same Message-ID, by which a
mailbox can tell that it is the same one. A mail server that is away costs a delay.
"""

import logging
from datetime import timedelta
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import Notice, NoticeKind, Preferences
from roadmaps.models import Review, ReviewEventKind, ReviewStatus
from roadmaps.people.public_address import public_address
from roadmaps.review import history

logger = logging.getLogger(__name__)
SALT = "accounts.unsubscribe"
TRIED_FOR = timedelta(days=3)


def send_notices() -> int:
    """Send what is due; returns how many left. Safe at any time, and by several at once."""
    sent = 0
    due = Notice.objects.filter(mail_due=True, created_at__gt=Now() - TRIED_FOR)
    for pk in due.order_by("id").values_list("pk", flat=True):
        try:
            sent += _send(pk)
        except (SMTPException, ValueError) as exc:
            # An answer of the server, or no address at all: it concerns this notice only.
            logger.warning("mail about notice %s was refused and will be tried again: %s", pk, exc)
        except OSError as exc:
            logger.warning(
                "the mail server is away; notices will be sent by the next sweep: %s", exc
            )
            break
    return sent


@transaction.atomic
def _send(pk: int) -> bool:
    waiting = Notice.objects.filter(mail_due=True).select_for_update(skip_locked=True, of=("self",))
    notice = waiting.select_related("user", "roadmap").filter(pk=pk).first()
    if notice is None:
        return False  # another process has it

    is_sendable: bool = notice.roadmap.deleted_at is None and may_get_mail(notice.user)
    outcome = "on their pages, not by e-mail"
    if is_sendable:
        _message(notice).send()
        outcome = f"to {notice.user.email}"
    mailed_at = Now() if is_sendable else None
    Notice.objects.filter(pk=pk).update(mail_due=False, mailed_at=mailed_at)

    if notice.kind == NoticeKind.REJECTED:
        review = Review.objects.filter(roadmap=notice.roadmap, status=ReviewStatus.REJECTED).first()
        if review and review.learner_told_at is None:
            history.write(review, ReviewEventKind.LEARNER_TOLD, text=outcome)
            Review.objects.filter(pk=review.pk).update(learner_told_at=Now())
    return is_sendable


def is_verified(user: Any) -> bool:
    """Whether the person has shown that their address is theirs."""
    return bool(
        EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists()
    )


def may_get_mail(user: Any) -> bool:
    """Permission to mail a person: an address that was never verified may be a stranger's."""
    if not (user.is_active and user.email):
        return False
    return settings.NOTICES_TO_UNVERIFIED or is_verified(user)


def _message(notice: Notice) -> EmailMessage:
    stop = public_address("unsubscribe", unsubscribe_token(notice.user, notice.kind))
    context = {
        "notice": notice,
        # A stranger reads nothing that somebody wrote.
        "with_words": is_verified(notice.user),
        "address": public_address("notice_open", notice.pk),
        "stop": stop,
        "settings": public_address("settings"),
    }
    with translation.override(Preferences.of(notice.user).mail_language):
        text = render_to_string("accounts/mail/notice.txt", context).strip()
    subject, _, body = text.partition("\n")
    headers = {
        "Message-ID": f"<notice-{notice.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>",
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return EmailMessage(
        " ".join(subject.split()), body.strip() + "\n", None, [notice.user.email], headers=headers
    )


def unsubscribe_token(user: User, kind: str) -> str:
    return signing.dumps([user.pk, kind], salt=SALT)


def read_token(token: str) -> tuple[User, str]:
    """The person and the kind of notice of a link that unsubscribes.

    Raises ValueError: not ours, or the person or the kind is no more.
    """
    try:
        pk, kind = signing.loads(token, salt=SALT)
        return User.objects.get(pk=pk), NoticeKind(kind).value
    except (signing.BadSignature, User.DoesNotExist) as exc:
        raise ValueError("This link is incomplete or its account is gone.") from exc
