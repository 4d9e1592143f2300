"""Notices of what happened to a roadmap: one per event, written in the event's transaction."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction

from accounts.models import Channel, Notice, NoticeKind, Preferences
from logs_app.buffer import BROKER_AWAY
from roadmaps.models import Roadmap

logger = logging.getLogger(__name__)
SEND = "maintenance.send_notices"


def tell(roadmap: Roadmap, kind: NoticeKind, text: str = "", source: Any = None) -> Notice | None:
    """The owner's notice; None when they want none, or have it already.

    `source`: what `text` is said from.
    """
    preferences = Preferences.of(roadmap.owner)
    on_page = preferences.wants(kind, Channel.PAGE)
    mail_due = bool(roadmap.owner.email) and preferences.wants(kind, Channel.MAIL)
    if not (on_page or mail_due):
        return None

    values: dict[str, Any] = {
        "user": roadmap.owner,
        "text": text,
        "text_source": source,
        "link": roadmap.get_absolute_url(),
        "on_page": on_page,
        "mail_due": mail_due,
    }
    notice, is_new = Notice.objects.get_or_create(
        roadmap=roadmap, kind=kind, version=roadmap.version, defaults=values
    )
    if is_new and mail_due:
        transaction.on_commit(_ask_for_mail)
    return notice if is_new else None


def _ask_for_mail() -> None:
    try:
        current_app.send_task(SEND)
    except BROKER_AWAY as exc:
        logger.warning("mail about a notice will be sent by the next sweep: %s", exc)
