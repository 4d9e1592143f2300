"""The stops of the workflow at a person."""

from django.conf import settings
from django.db import models

from roadmaps.models.plan import Draft
from roadmaps.models.roadmap import Roadmap


class ReviewStatus(models.TextChoices):
    PENDING = "PENDING", "Pending"
    APPROVED = "APPROVED", "Approved"
    CHANGES_REQUESTED = "CHANGES_REQUESTED", "Changes requested"
    REJECTED = "REJECTED", "Rejected"
    SUPERSEDED = "SUPERSEDED", "Superseded"


class ReviewQuerySet(models.QuerySet["Review"]):
    def pending(self) -> "ReviewQuerySet":
        return self.filter(status=ReviewStatus.PENDING)


class Review(models.Model):
    """One stop of the workflow at a person."""

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="reviews")
    draft = models.OneToOneField(Draft, models.CASCADE, related_name="review")
    interrupt_id = models.CharField(max_length=64, editable=False)
    status = models.CharField(
        max_length=20, choices=ReviewStatus.choices, default=ReviewStatus.PENDING, db_index=True, editable=False
    )
    comment = models.TextField(max_length=5000, blank=True, default="")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        permissions = [("decide_review", "Can decide reviews")]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap"], condition=models.Q(status="PENDING"), name="one_pending_review_per_roadmap"
            ),
            models.UniqueConstraint(fields=["roadmap", "interrupt_id"], name="one_review_per_interrupt"),
            models.CheckConstraint(condition=models.Q(status__in=ReviewStatus.values), name="review_status_known"),
        ]

    def __str__(self) -> str:
        return f"Review of {self.draft}"
