"""Reviews: the stops of the workflow at a person, with all that the inbox shows of them."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from roadmaps import sentences
from roadmaps.models.plan import Draft
from roadmaps.models.roadmap import Roadmap
from roadmaps.people import names
from roadmaps.people.numbers import whole_number
from roadmaps.sentences import Sentence


class ReviewStatus(models.TextChoices):
    """Statuses in English for the staff and the records; learners' pages translate the labels."""

    PENDING = "PENDING", gettext_noop("Pending")
    APPROVED = "APPROVED", gettext_noop("Approved")
    CHANGES_REQUESTED = "CHANGES_REQUESTED", gettext_noop("Changes requested")
    REJECTED = "REJECTED", gettext_noop("Rejected")
    SUPERSEDED = "SUPERSEDED", gettext_noop("Superseded")


class DecidedHow(models.TextChoices):
    PERSON = "PERSON", "By a person"
    EXPERT = "EXPERT", "By an expert with a link"
    COMMAND_LINE = "COMMAND_LINE", "On the command line"
    SYSTEM = "SYSTEM", "By the system"


PENDING = Q(status="PENDING")
# What a review forgets when it is opened again.
UNDECIDED: dict[str, Any] = {
    "status": ReviewStatus.PENDING,
    "comment": "",
    "parts": [],
    "decided_by": None,
    "decided_at": None,
    "decided_how": "",
    "decided_as": "",
    "claimed_by": None,
    "claimed_until": None,
    "reminded_at": None,
    "escalated_at": None,
}


def due_time() -> Any:
    """The time at which a review that opens now is due, by the database's clock; None when nothing
    is ever due.
    """
    hours = settings.REVIEW_DUE_HOURS
    return Now() + timedelta(hours=hours) if hours else None


def shown_of(report: dict[str, Any]) -> dict[str, int]:
    """The fields of a review that repeat its draft's validation report."""
    critical = sum(issue["severity"] == "critical" for issue in report["issues"])
    return {"score": report["score"], "open_critical": critical}


class ReviewQuerySet(models.QuerySet["Review"]):
    def pending(self) -> "ReviewQuerySet":
        return self.filter(PENDING)

    def overdue(self) -> "ReviewQuerySet":
        return self.pending().filter(due_at__lt=Now())

    def claimed_by_other_than(self, user: Any) -> "ReviewQuerySet":
        return self.filter(claimed_until__gt=Now()).exclude(claimed_by=user)


class Review(models.Model):
    """One stop of the workflow at a person.

    What the inbox needs of its draft is copied here when it opens.

    An edit in place gives it another draft while it is pending.
    """

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="reviews")
    draft = models.OneToOneField(Draft, models.CASCADE, related_name="review")
    interrupt_id = models.CharField(max_length=64, editable=False)
    status = models.CharField(
        max_length=20, choices=ReviewStatus.choices, default=ReviewStatus.PENDING, editable=False
    )
    score = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Of 100, by the validation"
    )
    open_critical = models.PositiveSmallIntegerField(
        "open critical issues",
        default=0,
        editable=False,
        help_text="Critical issues that no edit has resolved",
    )
    round = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text="1 for the first look"
    )
    language = models.CharField(
        max_length=35, default="en", editable=False, help_text="The roadmap's; BCP 47"
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    due_at = models.DateTimeField("due", null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    escalated_at = models.DateTimeField(null=True, blank=True, editable=False)
    comment = models.TextField(max_length=5000, blank=True, default="")
    parts = models.JSONField(
        default=list, blank=True, help_text="Ids of the draft's parts that the comment is about"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_how = models.CharField(
        max_length=20, choices=DecidedHow.choices, blank=True, default="", editable=False
    )
    decided_as = models.CharField(
        max_length=200,
        blank=True,
        default="",
        editable=False,
        help_text="The decider's name, kept when the user goes",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    learner_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    waiting_since = models.GeneratedField(
        expression=Case(When(PENDING, then=F("created_at"))),
        output_field=models.DateTimeField(),
        db_persist=True,
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        permissions = [("decide_review", "Can decide reviews")]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap"], condition=PENDING, name="one_pending_review_per_roadmap"
            ),
            models.UniqueConstraint(
                fields=["roadmap", "interrupt_id"], name="one_review_per_interrupt"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ReviewStatus.values), name="review_status_known"
            ),
            models.CheckConstraint(
                condition=Q(decided_how__in=["", *DecidedHow.values]), name="review_decider_known"
            ),
        ]
        indexes = [
            # The inbox's order: pending first and of these the longest waiting (NULLS LAST is
            # PostgreSQL's own).
            models.Index(fields=["waiting_since", "-created_at", "-id"], name="review_inbox"),
            # The same with the newest decision first among what is decided.
            models.Index(
                F("waiting_since"),
                F("decided_at").desc(nulls_last=True),
                F("id").desc(),
                name="review_inbox_decided",
            ),
            models.Index(fields=["status", "created_at"], name="review_by_status"),
            models.Index(
                F("status"),
                F("decided_at").desc(nulls_last=True),
                F("id").desc(),
                name="review_by_status_decided",
            ),
            models.Index(fields=["decided_at"], name="review_by_decision"),
            models.Index(fields=["language", "created_at"], name="review_by_language"),
            models.Index(fields=["due_at"], condition=PENDING, name="review_pending_due"),
            models.Index(
                fields=["assigned_to", "due_at"], condition=PENDING, name="review_pending_assigned"
            ),
            models.Index(
                fields=["decided_at"],
                condition=Q(status="REJECTED", learner_told_at=None),
                name="review_untold",
            ),
        ]

    def __str__(self) -> str:
        return f"Review of {self.roadmap}, round {self.round}"

    def take_as_seen(self, draft_number: str) -> None:
        """Stand for the draft that a form was made from: a decision on it is refused when an edit
        has replaced it, or when the form names no draft of this plan.
        """
        seen = None
        if number := whole_number(draft_number):
            seen = self.roadmap.drafts.filter(number=number).first()
        self.draft = seen  # type: ignore[assignment] # such a row is never saved

    def claim_in_words(self) -> str:
        """A sentence about who is reviewing it and until when; empty when nobody is."""
        if self.claimed_by is None or self.claimed_until is None:
            return ""
        if self.claimed_until <= timezone.now():
            return ""
        until = timezone.localtime(self.claimed_until)
        return f"{self.claimed_by.get_username()} is reviewing it, until {until:%H:%M %Z}."

    @property
    def decided_by_person(self) -> bool:
        return self.decided_how in (DecidedHow.PERSON, DecidedHow.EXPERT)

    @property
    def decider(self) -> str:
        """The name of who decided it, in the records' English; empty while it is open.

        Without an address: learners, experts and readers of the course see it.
        """
        if self.decided_how == DecidedHow.COMMAND_LINE:
            return Sentence("the command line")
        if self.decided_how == DecidedHow.SYSTEM:
            return Sentence("the system")
        name = names.public(self.decided_as) or Sentence("somebody")
        if self.decided_how == DecidedHow.EXPERT:
            return Sentence("the expert %(name)s", name=name)
        return name if self.decided_how else ""

    @property
    def decider_in_words(self) -> str:
        """The decider in the reader's language."""
        return sentences.in_words(self.decider)
