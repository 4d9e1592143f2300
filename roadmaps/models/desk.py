"""History of a review, which nobody can change, and links for experts without an account."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from roadmaps.models.review import Review
from roadmaps.models.roadmap import Roadmap
from roadmaps.people import names


class ReviewEventKind(models.TextChoices):
    OPENED = "OPENED", "Opened"
    ASSIGNED = "ASSIGNED", "Assigned"
    CLAIMED = "CLAIMED", "Claimed"
    RELEASED = "RELEASED", "Released"
    COMMENTED = "COMMENTED", "Commented"
    EDITED = "EDITED", "Edited"
    DECIDED = "DECIDED", "Decided"
    SUPERSEDED = "SUPERSEDED", "Superseded"
    LINK_MADE = "LINK_MADE", "Expert link made"
    LINK_REVOKED = "LINK_REVOKED", "Expert link revoked"
    LINK_USED = "LINK_USED", "Expert link used"
    REMINDED = "REMINDED", "Reminder sent"
    ESCALATED = "ESCALATED", "Escalated"
    LEARNER_TOLD = "LEARNER_TOLD", "Learner told"


class ReviewEvent(models.Model):
    """One line of a review's history; a comment is a line with only a text.

    Triggers refuse to change or delete one.

    Neither reference is Django's to follow up: a user who goes leaves their name here, and only a
    review that goes takes its history along (a cascade of the database).
    """

    review = models.ForeignKey(
        Review, models.DO_NOTHING, related_name="events", db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=ReviewEventKind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(max_length=200, help_text="As it was then")
    text = models.TextField(blank=True, default="")
    data = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = "line of the review history"
        verbose_name_plural = "review history"
        indexes = [models.Index(fields=["review", "at"], name="review_event_story")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ReviewEventKind.values), name="review_event_kind_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.actor_name}"

    @property
    def said_by(self) -> str:
        """The name as learners and experts read it."""
        return names.public(self.actor_name)


class ExpertLinkQuerySet(models.QuerySet["ExpertLink"]):
    def good(self) -> "ExpertLinkQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=Now())


class ExpertLink(models.Model):
    """A link for one person without an account to review one roadmap, through all its rounds.

    Only the hash of its secret is kept: the address is shown once, to whoever made it.
    """

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="expert_links")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=150, help_text="Of the expert")
    email = models.EmailField(blank=True, default="")
    may_decide = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)

    objects = ExpertLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"link of {self.name} for {self.roadmap}"
