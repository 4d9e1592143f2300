"""Links by which an outside expert reviews one roadmap without an account.

A link is a random secret of 256 bits of which only the hash is kept, so there is nothing to sign
and nothing to steal from the database. It holds for the roadmap, so an expert who asks for changes
sees the next round by the same link.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import DecidedHow, ExpertLink, Review, ReviewEvent, ReviewEventKind, Roadmap
from roadmaps.models.activity import record_activity
from roadmaps.models.second_factor import with_second_factor
from roadmaps.people import names
from roadmaps.review import history
from roadmaps.review.decisions import decide_review
from roadmaps.review.desk import clean_comment
from roadmaps.review.reviewers import (
    check_may_decide,
    check_reviewer,
    reviewers,
    who_may_decide,
)

DAYS_MAX = 365
VISIT_MINUTES = 10  # opening the page again within these is the same visit
WRITES_MAX = 30  # comments and decisions by one link in an hour


class LinkEnded(Exception):
    """The link was good once; the message says why it isn't any more."""


@transaction.atomic
def make_expert_link(
    review: Review,
    *,
    by: User,
    name: str,
    email: str = "",
    may_decide: bool = False,
    days: int | None = None,
) -> tuple[ExpertLink, str]:
    """The new link, and its secret, which can't be read again anywhere.

    A person who may not decide the review can't let somebody else decide it either. Raises
    PermissionDenied, ValidationError.
    """
    if may_decide:
        check_may_decide(by, review.roadmap)
    else:
        check_reviewer(by)
    if days is None:
        days = settings.EXPERT_LINK_DAYS
    name, email = names.printable(name), email.strip()
    if not 1 <= len(name) <= 150:
        raise ValidationError({"name": "Say who the expert is, in at most 150 characters."})
    if email:
        validate_email(email)
    if not 1 <= days <= DAYS_MAX:
        raise ValidationError({"days": f"A link is good for 1 to {DAYS_MAX} days."})

    secret = secrets.token_urlsafe(32)
    link = ExpertLink.objects.create(
        roadmap=review.roadmap,
        secret_hash=_hash(secret),
        expires_at=timezone.now() + timedelta(days=days),
        name=name,
        email=email,
        may_decide=may_decide,
        created_by=by,
    )
    may = "who may decide" if may_decide else "who may comment"
    history.write(review, ReviewEventKind.LINK_MADE, by=by, text=f"for {name}, {may}", link=link.pk)
    record_activity(by, review.roadmap, review, f"Made an expert link for {name}, {may}")
    return link, secret


@transaction.atomic
def revoke_expert_link(link: ExpertLink, *, by: User) -> None:
    """End the link: it opens nothing any more.

    Raises PermissionDenied, InvalidTransition: it has ended already.
    """
    check_reviewer(by)
    if not ExpertLink.objects.good().filter(pk=link.pk).update(revoked_at=Now()):
        raise InvalidTransition("This link has ended already.")
    review = current_review(link)
    history.write(review, ReviewEventKind.LINK_REVOKED, by=by, text=f"of {link.name}", link=link.pk)
    record_activity(by, link.roadmap, review, f"Revoked the expert link of {link.name}")


def find_link(secret: str) -> ExpertLink:
    """The link with that secret.

    Raises ExpertLink.DoesNotExist; LinkEnded when it has expired or was revoked.
    """
    links = ExpertLink.objects.select_related("roadmap__owner", "created_by")
    link = links.get(secret_hash=_hash(secret))
    if link.revoked_at:
        date = _moment(link.revoked_at)
        raise LinkEnded(_("This link was withdrawn on %(date)s.") % {"date": date})
    if link.expires_at <= timezone.now():
        date = _moment(link.expires_at)
        raise LinkEnded(_("This link has expired on %(date)s.") % {"date": date})
    if link.roadmap.deleted_at:
        raise LinkEnded(_("The plan that it was for has been withdrawn."))
    if link.pk not in good_links(link.roadmap):
        raise LinkEnded(_("This link has ended: who made it doesn't review plans any more."))
    return link


def good_links(roadmap: Roadmap) -> set[int]:
    """Keys of the links that open the roadmap's review now.

    A link lets nobody do what its maker may no longer do: decide, or look at a review as staff.
    """
    makers = reviewers().filter(is_staff=True)
    may_still = Q(may_decide=False) | Q(created_by__in=who_may_decide(roadmap).values("pk"))
    rows = roadmap.expert_links.good().filter(may_still, created_by__in=makers.values("pk"))
    made_by = dict(rows.values_list("pk", "created_by_id"))
    trusted = with_second_factor(set(made_by.values()))
    return {link for link, maker in made_by.items() if maker in trusted}


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


@transaction.atomic
def record_visit(link: ExpertLink) -> None:
    """Count a use of the link; a visit of some minutes is one line of the history."""
    fresh = Q(last_used_at=None) | Q(last_used_at__lt=Now() - timedelta(minutes=VISIT_MINUTES))
    counted = {"uses": F("uses") + 1, "last_used_at": Now()}
    if ExpertLink.objects.filter(fresh, pk=link.pk).update(**counted):
        history.write(
            current_review(link), ReviewEventKind.LINK_USED, name=expert(link), link=link.pk
        )
    else:
        ExpertLink.objects.filter(pk=link.pk).update(**counted)


@transaction.atomic
def comment_by_link(link: ExpertLink, review: Review, text: str) -> None:
    """Add the expert's comment to the history.

    Raises ValidationError; PermissionDenied: another roadmap's review, or too many comments.
    """
    _check_use(link, review)
    history.write(
        review, ReviewEventKind.COMMENTED, name=expert(link), text=clean_comment(text), link=link.pk
    )


@transaction.atomic
def decide_by_link(link: ExpertLink, review: Review, decision: str, comment: str) -> Review:
    """Record the expert's decision. Raises PermissionDenied, and what decide_review raises."""
    _check_use(link, review)
    if not link.may_decide:
        raise PermissionDenied(_("With this link you may comment, but not decide."))
    decided = decide_review(
        review, decision, by=None, comment=comment, how=DecidedHow.EXPERT, name=link.name
    )
    message = f"{decided.get_status_display()} by {expert(link)}, with a link that this user made"
    record_activity(link.created_by, link.roadmap, decided, message)
    return decided


def _check_use(link: ExpertLink, review: Review) -> None:
    if review.roadmap_id != link.roadmap_id:
        raise PermissionDenied("This link is for another roadmap.")
    # Locked: a link revoked or used at this moment is seen by one of the two.
    locked = ExpertLink.objects.good().select_for_update().filter(pk=link.pk).exists()
    if not locked or link.pk not in good_links(link.roadmap):
        raise PermissionDenied(_("This link has ended."))
    hour = review.events.filter(
        data__link=link.pk, kind=ReviewEventKind.COMMENTED, at__gt=Now() - timedelta(hours=1)
    )
    if hour.count() >= WRITES_MAX:
        raise PermissionDenied(_("That is a lot for one hour; go on a little later."))


def current_review(link: ExpertLink) -> Review:
    """The newest review of the link's roadmap, which waits or is decided."""
    return link.roadmap.reviews.order_by("-created_at", "-pk")[0]


def events_for(link: ExpertLink, review: Review) -> QuerySet[ReviewEvent]:
    """Decisions, the expert's own comments, and those that a reviewer has addressed to experts."""
    readable = Q(data__link=link.pk) | Q(data__to_experts=True)
    comments = Q(kind=ReviewEventKind.COMMENTED) & readable
    return review.events.filter(Q(kind=ReviewEventKind.DECIDED) | comments)


def expert(link: ExpertLink) -> str:
    return f"the expert {link.name}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
