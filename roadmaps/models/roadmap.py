"""Roadmap: what the learner asked for, where it stands, and the table of its transitions."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from roadmaps import sentences, telemetry
from roadmaps.exceptions import InvalidTransition
from roadmaps.models.driven import Driven, DrivenQuerySet
from roadmaps.models.search import WORDS
from roadmaps.models.second_factor import counts_as_staff
from roadmaps.models.texts import register_many_lines
from roadmaps.plain_text import one_line

Person = User | AnonymousUser


class RoadmapStatus(models.TextChoices):
    QUEUED = "QUEUED", _("Queued")
    RUNNING = "RUNNING", _("Being designed")
    AWAITING_REVIEW = "AWAITING_REVIEW", _("Waiting for review")
    GENERATING = "GENERATING", _("Writing the content")
    READY = "READY", _("Ready")
    PARTIAL = "PARTIAL", _("Ready in parts")
    FAILED = "FAILED", _("Failed")
    CANCELLED = "CANCELLED", _("Cancelled")
    REJECTED = "REJECTED", _("Rejected")


S = RoadmapStatus
# to → from; CANCELLED and FAILED are left only by a person's retry.
TRANSITIONS: dict[S, tuple[S, ...]] = {
    S.QUEUED: (S.AWAITING_REVIEW, S.FAILED, S.CANCELLED, S.READY, S.PARTIAL),
    S.RUNNING: (S.QUEUED, S.RUNNING),
    S.AWAITING_REVIEW: (S.RUNNING,),
    S.GENERATING: (S.RUNNING, S.PARTIAL, S.FAILED, S.CANCELLED),
    S.READY: (S.GENERATING, S.PARTIAL),
    S.PARTIAL: (S.GENERATING, S.READY, S.PARTIAL),
    S.FAILED: (S.QUEUED, S.RUNNING, S.GENERATING),
    S.CANCELLED: (S.QUEUED, S.RUNNING, S.AWAITING_REVIEW, S.GENERATING),
    S.REJECTED: (S.AWAITING_REVIEW,),
}
MOVING = (S.QUEUED, S.RUNNING, S.GENERATING)


class RoadmapQuerySet(DrivenQuerySet["Roadmap"]):
    def visible_to(self, user: Person) -> "RoadmapQuerySet":
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if counts_as_staff(user) and user.has_perm("roadmaps.view_roadmap"):
            return self.kept()
        return self.kept().filter(owner=user)

    def kept(self) -> "RoadmapQuerySet":
        return self.filter(deleted_at=None)

    def trashed(self) -> "RoadmapQuerySet":
        return self.exclude(deleted_at=None)

    def moving(self) -> Self:
        return self.filter(status__in=MOVING)

    def transition(self, to: RoadmapStatus, **fields: Any) -> int:
        """Move rows to the status `to`; returns the number of those whose state allowed it.

        In the trash nothing moves.
        """
        moved = (
            self.kept()
            .filter(status__in=TRANSITIONS[to])
            .update(status=to, updated_at=Now(), version=F("version") + 1, **fields)
        )
        if moved:
            transaction.on_commit(
                lambda: telemetry.count("cairn_roadmap_transitions_total", moved, to=to.value)
            )
        return moved

    def keep_course(self) -> int:
        """Leave a change of the plan that won't be: the course is what it was before it was asked
        for.
        """
        return self.exclude(course_status="").update(
            updated_at=Now(),
            version=F("version") + 1,
            status=F("course_status"),
            course_status="",
            status_reason="",
        )


class Roadmap(Driven):
    class Level(models.TextChoices):
        BEGINNER = "beginner", _("Beginner")
        INTERMEDIATE = "intermediate", _("Intermediate")
        ADVANCED = "advanced", _("Advanced")

        @classmethod
        def word(cls, level: str) -> str:
            """The level as a concept's difficulty, inside a sentence."""
            return str(cls(level).label).lower() if level in cls.values else level

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="roadmaps")
    goal = models.CharField(max_length=2000)
    level = models.CharField(max_length=20, choices=Level.choices, default=Level.BEGINNER)
    hours_per_week = models.PositiveSmallIntegerField(default=5)
    weeks = models.PositiveSmallIntegerField(default=8)
    target_date = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=35, default="en", help_text="BCP 47")
    background = models.CharField(max_length=2000, blank=True, default="")
    motivation = models.CharField(max_length=2000, blank=True, default="")
    formats = models.JSONField(default=list, blank=True, help_text="Preferred ways to learn")
    clarifications = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="What was asked before the design, and the answers",
    )
    title = models.CharField(max_length=200, blank=True, default="")
    made_without_model = models.BooleanField(default=False)
    status = models.CharField(max_length=20, choices=S.choices, default=S.QUEUED, editable=False)
    status_reason = models.CharField(max_length=1000, blank=True, default="", editable=False)
    status_reason_source = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="What the reason is said from in other languages",
    )
    course_status = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=(
            "What the course was when a change of its plan was asked for; "
            "empty when none is under way"
        ),
    )
    version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counts status changes"
    )
    thread_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    branch = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Counts forks of its thread"
    )
    graph_version = models.PositiveSmallIntegerField(
        null=True,
        editable=False,
        help_text="Topology that its thread began with; empty until a worker takes it up",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField("in the trash since", null=True, blank=True, editable=False)

    objects = RoadmapQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=S.values), name="roadmap_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(hours_per_week__range=(1, 80), weeks__range=(1, 104)),
                name="roadmap_time_in_bounds",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "dispatched_at"]),
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["-created_at", "-id"], name="roadmap_newest"),
            models.Index(fields=["language"], name="roadmap_by_language"),
            GinIndex(WORDS, name="roadmap_words"),
            models.Index(
                fields=["deleted_at"], condition=~models.Q(deleted_at=None), name="roadmap_trashed"
            ),
        ]

    def __str__(self) -> str:
        return one_line(self.title or self.goal)

    def get_absolute_url(self) -> str:
        return reverse("roadmap_detail", args=[self.pk])

    @property
    def budget_minutes(self) -> int:
        return self.hours_per_week * self.weeks * 60

    @property
    def came_written(self) -> bool:
        """Whether it was imported or copied: no worker has ever taken up its thread."""
        finished = self.status in (RoadmapStatus.READY, RoadmapStatus.PARTIAL)
        return self.graph_version is None and finished

    @property
    def is_reviewed(self) -> bool:
        """Whether a plan of it was ever approved. None was of a course that was imported or copied,
        and until then no model writes anything for it.
        """
        return self.reviews.filter(status="APPROVED").exists()

    def check_reviewed(self) -> None:
        """Raises InvalidTransition unless models may write for it."""
        if not self.is_reviewed:
            refusal = gettext(
                "“%(roadmap)s” was imported or copied, and no reviewer has approved its plan. "
                "Send it for review first: its page has a button for that."
            )
            raise InvalidTransition(refusal % {"roadmap": self})

    @property
    def is_changing(self) -> bool:
        """Whether a new round of the plan is under way; until its approval the course stays."""
        return bool(self.course_status)

    @property
    def reason(self) -> str:
        """The reason for its status, in the reader's language."""
        return sentences.say(self.status_reason, self.status_reason_source)

    @property
    def status_word(self) -> str:
        """The status as it stands inside a sentence."""
        return self.get_status_display().lower()

    def transition(self, to: RoadmapStatus, **fields: Any) -> None:
        """Move the row to the status `to`.

        Raises InvalidTransition when the row is in no state that allows it.
        """
        if not Roadmap.objects.filter(pk=self.pk).transition(to, **fields):
            self.refresh_from_db()
            if self.deleted_at:
                refusal = gettext("“%(roadmap)s” is in the trash; it has to be restored first.")
                raise InvalidTransition(refusal % {"roadmap": self})
            refusal = gettext("“%(roadmap)s” is %(now)s, so it can't become %(to)s.")
            values = {"roadmap": self, "now": self.status_word, "to": str(to.label).lower()}
            raise InvalidTransition(refusal % values)
        self.refresh_from_db()


register_many_lines(Roadmap, "goal", "background", "motivation")
