"""Mail to reviewers: reminders and escalation.

A row is marked before its mail leaves and unmarked when it can't: two beats send it once, and a
mail server that is away costs a delay. A mark of which the history tells nothing is a dead
worker's, and counts for an hour. Mail of many reviews to one person is one message.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
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
Recipients = Callable[[Review], Iterable[str]]


def remind_reviewers() -> dict[str, int]:
    """Send what is due, each thing once; returns how many reviews were told of. Safe at any time."""
    pending = Review.objects.pending()
    soon, long_ago = (
        timedelta(hours=settings.REVIEW_REMIND_HOURS),
        timedelta(hours=settings.REVIEW_ESCALATE_HOURS),
    )
    to_remind = pending.filter(
        _untold("reminded_at", ReviewEventKind.REMINDED), due_at__lt=Now() + soon
    )
    to_escalate = pending.filter(
        _untold("escalated_at", ReviewEventKind.ESCALATED), due_at__lt=Now() - long_ago
    )
    return {
        "reminded": _tell(to_remind, "reminded_at", ReviewEventKind.REMINDED, _reviewers_of),
        "escalated": _tell(to_escalate, "escalated_at", ReviewEventKind.ESCALATED, _overseers),
    }


def _untold(mark: str, kind: ReviewEventKind) -> Q:
    """Not marked, or by a worker that died before it had anything to write in the history."""
    since = ExpressionWrapper(
        OuterRef(mark) - LOST_AFTER, DateTimeField()
    )  # an hour is more than clocks differ
    told = ReviewEvent.objects.filter(review=OuterRef("pk"), kind=kind, at__gt=since)
    return Q((mark, None)) | Q(~Exists(told), (f"{mark}__lt", Now() - LOST_AFTER))


def _reviewers_of(review: Review) -> list[str]:
    if review.assigned_to and review.assigned_to.is_active and review.assigned_to.email:
        return [review.assigned_to.email]
    return _addresses(who_may_decide(review.roadmap))


def _overseers(_: Review) -> list[str]:
    return settings.REVIEW_ESCALATION_EMAILS or _addresses(
        User.objects.filter(is_superuser=True, is_active=True)
    )


def _addresses(users: QuerySet[User]) -> list[str]:
    return list(users.exclude(email="").values_list("email", flat=True))


def _tell(rows: QuerySet[Review], mark: str, kind: ReviewEventKind, recipients: Recipients) -> int:
    mine = [
        pk
        for pk in rows.values_list("pk", flat=True)[:BATCH_SIZE]
        if rows.filter(pk=pk).update(**{mark: Now()})
    ]
    reviews = list(
        Review.objects.filter(pk__in=mine)
        .select_related("roadmap__owner", "assigned_to")
        .order_by("due_at")
    )
    wanted = {review.pk: sorted(set(recipients(review))) for review in reviews}
    reached = _send(kind, reviews, wanted)
    for review in reviews:
        if wanted[review.pk] and not reached[review.pk]:
            Review.objects.filter(pk=review.pk).update(**{mark: None})
        else:
            text = (
                f"to {', '.join(reached[review.pk])}"
                if reached[review.pk]
                else "to nobody: there is no address"
            )
            history.write(review, kind, text=text)
    return sum(bool(one) for one in reached.values())


def _send(
    kind: ReviewEventKind, reviews: list[Review], wanted: dict[int, list[str]]
) -> dict[int, list[str]]:
    """One message for each address; whom each review's word has reached."""
    by_address: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        for address in wanted[review.pk]:
            by_address[address].append(review)
    reached: dict[int, list[str]] = defaultdict(list)
    for address, about in by_address.items():
        if _mail(kind, address, about):
            for review in about:
                reached[review.pk].append(address)
    return reached


def _mail(kind: ReviewEventKind, address: str, about: list[Review]) -> bool:
    lines = [
        (review, public_address("admin:roadmaps_review_change", review.pk)) for review in about
    ]
    context = {"lines": lines, "desk": public_address("admin:roadmaps_review_changelist")}
    reader = User.objects.filter(
        email=address, is_active=True
    ).first()  # none behind a configured address
    with timezone.override(time_zones.of(reader) if reader else None):
        text = render_to_string(f"roadmaps/mail/{kind.lower()}.txt", context)
    subject, _, body = text.strip().partition("\n")
    try:
        send_mail(subject, body.strip() + "\n", None, [address])
    except (
        OSError,
        ValueError,
    ) as exc:  # smtplib's errors are OSErrors too; what is no address is a ValueError
        logger.warning(
            "mail about %d reviews was not sent and will be tried again: %s", len(about), exc
        )
        return False
    return True
