"""Mail to reviewers: reminders and escalation.

A row is marked before its mail leaves and unmarked when it can't: two beats send it once, and a
mail server that is away costs a delay. A mark of which the history tells nothing is a dead
worker's, and counts for an hour. Mail of many reviews to one person is one message.
"""

import logging
from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone

from roadmaps.models import Review, ReviewEvent, ReviewEventKind
from roadmaps.people import time_zones
from roadmaps.people.public_address import public_address
from roadmaps.review import history
from roadmaps.review.reviewers import who_may_decide

logger = logging.getLogger(__name__)

BATCH_SIZE = 500  # reviews in one sweep
LOST_AFTER = timedelta(hours=1)  # nobody sends one sweep's mail for so long


def remind_reviewers() -> dict[str, int]:
    """Send what is due, each thing once; returns the numbers of reviews that were mailed about.

    Safe at any time.
    """
    pending = Review.objects.pending()
    soon = Now() + timedelta(hours=settings.REVIEW_REMIND_HOURS)
    long_ago = Now() - timedelta(hours=settings.REVIEW_ESCALATE_HOURS)
    to_remind = pending.filter(_unmarked("reminded_at", ReviewEventKind.REMINDED), due_at__lt=soon)
    to_escalate = pending.filter(
        _unmarked("escalated_at", ReviewEventKind.ESCALATED), due_at__lt=long_ago
    )
    return {
        "reminded": _mark_and_mail(to_remind, "reminded_at", ReviewEventKind.REMINDED),
        "escalated": _mark_and_mail(to_escalate, "escalated_at", ReviewEventKind.ESCALATED),
    }


def _unmarked(mark: str, kind: ReviewEventKind) -> Q:
    """The condition that a review has no mark, or that of a worker that died before it wrote a line
    of the history.
    """
    # An hour is more than clocks differ.
    since = ExpressionWrapper(OuterRef(mark) - LOST_AFTER, DateTimeField())
    events = ReviewEvent.objects.filter(review=OuterRef("pk"), kind=kind, at__gt=since)
    return Q((mark, None)) | Q(~Exists(events), (f"{mark}__lt", Now() - LOST_AFTER))


def _mark_and_mail(rows: QuerySet[Review], mark: str, kind: ReviewEventKind) -> int:
    """Mark the rows and mail about them; returns the number of reviews that reached somebody."""
    mine = [
        pk
        for pk in rows.values_list("pk", flat=True)[:BATCH_SIZE]
        if rows.filter(pk=pk).update(**{mark: Now()})
    ]
    marked = Review.objects.filter(pk__in=mine).select_related("roadmap__owner", "assigned_to")
    reviews = list(marked.order_by("due_at"))
    recipients = {review.pk: sorted(set(_recipients(kind, review))) for review in reviews}
    reached = send_reminder(kind, reviews, recipients)
    for review in reviews:
        addresses = reached[review.pk]
        if recipients[review.pk] and not addresses:
            Review.objects.filter(pk=review.pk).update(**{mark: None})
            continue
        text = "to nobody: there is no address"
        if addresses:
            text = f"to {', '.join(addresses)}"
        history.write(review, kind, text=text)
    return sum(bool(addresses) for addresses in reached.values())


def _recipients(kind: ReviewEventKind, review: Review) -> list[str]:
    """Addresses of a review's assignee, else of all who may decide it; of overseers when it is
    escalated.
    """
    if kind == ReviewEventKind.ESCALATED:
        if settings.REVIEW_ESCALATION_EMAILS:
            return settings.REVIEW_ESCALATION_EMAILS
        users = User.objects.filter(is_superuser=True, is_active=True)
    else:
        assignee = review.assigned_to
        if assignee and assignee.is_active and assignee.email:
            return [assignee.email]
        users = who_may_decide(review.roadmap)
    return list(users.exclude(email="").values_list("email", flat=True))


def send_reminder(
    kind: ReviewEventKind, reviews: list[Review], recipients: dict[int, list[str]]
) -> dict[int, list[str]]:
    """Send one message to each address; returns the addresses that were reached, by review."""
    by_address: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        for address in recipients[review.pk]:
            by_address[address].append(review)
    reached: dict[int, list[str]] = defaultdict(list)
    for address, about in by_address.items():
        if _mail(kind, address, about):
            for review in about:
                reached[review.pk].append(address)
    return reached


def _mail(kind: ReviewEventKind, address: str, about: list[Review]) -> bool:
    """Whether the message has left; False when it will be tried again."""
    lines = [
        (review, public_address("admin:roadmaps_review_change", review.pk)) for review in about
    ]
    context = {"lines": lines, "desk": public_address("admin:roadmaps_review_changelist")}
    # Nobody is behind a configured address.
    reader = User.objects.filter(email=address, is_active=True).first()
    with timezone.override(time_zones.of(reader) if reader else None):
        text = render_to_string(f"roadmaps/mail/{kind.lower()}.txt", context)
    subject, _, body = text.strip().partition("\n")
    try:
        send_mail(subject, body.strip() + "\n", None, [address])
    # smtplib's errors are OSErrors too; what is no address is a ValueError.
    except (OSError, ValueError) as exc:
        logger.warning(
            "mail about %d reviews was not sent and will be tried again: %s", len(about), exc
        )
        return False
    return True
