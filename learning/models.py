"""Rows of a learner in a course: reading place, notes, quiz answers, cards and study days."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from content.models import Question
from roadmaps.models import Concept, Roadmap

NOTE_MAX = 20_000  # characters
NEW = Q(memory={})  # a card that was never answered
REST = timedelta(hours=4)  # at least, between two answers to a question


class Reading(models.Model):
    """A person's reading of one concept; there is no row until they do something with it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="readings")
    concept = models.ForeignKey(Concept, models.CASCADE, related_name="readings")
    place = models.PositiveSmallIntegerField(
        default=0, help_text="Block of the tutorial that was at the top"
    )
    placed_at = models.DateTimeField(null=True, editable=False)
    note = models.TextField(max_length=NOTE_MAX, blank=True, default="")
    noted_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "concept"], name="one_reading_per_concept")
        ]

    def __str__(self) -> str:
        return f"{self.user} reads {self.concept}"


class Attempt(models.Model):
    """A quiz that was answered, as it was then: a rewrite changes none of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="attempts")
    concept = models.ForeignKey(Concept, models.CASCADE, related_name="attempts")
    score = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    answers = models.JSONField(
        help_text="Per question: its text, options, explanation, and the chosen and right ones"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__lte=F("total")), name="score_is_at_most_total"
            )
        ]
        indexes = [models.Index(fields=["user", "concept", "-at"], name="attempts_of_a_concept")]

    def __str__(self) -> str:
        return f"{self.score} of {self.total}: {self.concept}"


class CardQuerySet(models.QuerySet["Card"]):
    def of(self, user: Any) -> "CardQuerySet":
        """Cards of questions that still exist, in the person's own courses."""
        roadmaps = Roadmap.objects.visible_to(user).filter(owner=user)
        return self.filter(user=user, question__isnull=False, concept__roadmap__in=roadmaps)

    def new(self) -> "CardQuerySet":
        return self.filter(NEW)

    def to_recall_on(self, day: date) -> "CardQuerySet":
        """Known cards to ask on `day` of the person's calendar.

        A card that was answered a moment ago rests, also when a new day or another time zone has
        begun meanwhile.
        """
        next_day = datetime.combine(day + timedelta(days=1), time.min, UTC)
        rested = Q(answered_at=None) | Q(answered_at__lte=timezone.now() - REST)
        return self.exclude(NEW).filter(rested, due_at__lt=next_day)


class Card(models.Model):
    """A person's memory of one question; `memory` is FSRS's own record of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cards")
    concept = models.ForeignKey(Concept, models.CASCADE, related_name="cards")
    question = models.ForeignKey(Question, models.SET_NULL, null=True, related_name="cards")
    fingerprint = models.CharField(
        max_length=64, help_text="Of the question, which a rewrite may keep"
    )
    memory = models.JSONField(default=dict, help_text="Empty until the first answer")
    # Its date in UTC is a day of the person's calendar: a traveller meets it on that day,
    # wherever they are by then.
    due_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, editable=False)

    objects = CardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "concept", "fingerprint"], name="one_card_per_question"
            )
        ]
        indexes = [
            models.Index(fields=["user", "due_at"], name="cards_that_are_due"),
            # Each alone, so that none of one kind is read to find the first of the other.
            models.Index(fields=["user", "concept"], name="cards_that_are_new", condition=NEW),
            models.Index(fields=["user", "due_at", "id"], name="cards_to_recall", condition=~NEW),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.question or self.fingerprint[:8]}"

    @property
    def due_on(self) -> date:
        return self.due_at.astimezone(UTC).date()

    @property
    def is_new(self) -> bool:
        return not self.memory


class Rating(models.IntegerChoices):
    """Ratings of an answer, in FSRS's words and numbers."""

    AGAIN = 1, _("Again")
    HARD = 2, _("Hard")
    GOOD = 3, _("Good")
    EASY = 4, _("Easy")


class Recall(models.Model):
    """An answer in practice.

    A right one waits for its rating, because only the person knows how hard it was.
    """

    card = models.ForeignKey(Card, models.CASCADE, related_name="recalls")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recalls")
    chosen = models.JSONField(help_text="0-based indexes")
    right = models.BooleanField()
    was_new = models.BooleanField()
    rating = models.PositiveSmallIntegerField(choices=Rating.choices, null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__in=Rating.values),
                name="rating_is_known",
            ),
            models.UniqueConstraint(
                fields=["card"], condition=Q(rating__isnull=True), name="one_rating_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "at"], name="recalls_of_a_day"),
            models.Index(
                fields=["user", "at"], name="recalls_to_rate", condition=Q(rating__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card}, {self.at:%Y-%m-%d}"


class StudyDay(models.Model):
    """A day of a person's calendar on which they read, answered or finished something."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="study_days")
    day = models.DateField()
    zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="Their time zone when it last counted",
    )

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="a_day_counts_once")]

    def __str__(self) -> str:
        return f"{self.user}, {self.day}"

    @staticmethod
    def mark(user: Any) -> None:
        today = StudyDay(
            user=user, day=timezone.localdate(), zone=timezone.get_current_timezone_name()
        )
        unique = ["user", "day"]
        StudyDay.objects.bulk_create(
            [today], update_conflicts=True, update_fields=["zone"], unique_fields=unique
        )
