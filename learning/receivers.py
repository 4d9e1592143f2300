"""Receivers of other apps' signals: rewritten quizzes, and a person's learning data."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.dispatch import receiver

from content.models import Quiz
from content.signals import quiz_written
from learning import cards
from learning.models import Attempt, Card, Reading, Recall, StudyDay
from roadmaps.removal import personal_data

WHERE = ("concept__roadmap", "concept__title")


@receiver(quiz_written)
def follow_rewrite(quiz: Quiz, **_: Any) -> None:
    cards.follow_rewrite(quiz)


@personal_data.part
def learning_of(user: User) -> Iterator[tuple[str, Any]]:
    """A person's readings, attempts, cards, recalls and study days."""
    readings = Reading.objects.filter(user=user)
    yield (
        "learning/readings",
        list(readings.values(*WHERE, "note", "noted_at", "started_at", "completed_at")),
    )
    yield (
        "learning/attempts",
        list(Attempt.objects.filter(user=user).values(*WHERE, "at", "score", "total", "answers")),
    )
    memories = Card.objects.filter(user=user)
    yield (
        "learning/cards",
        list(memories.values(*WHERE, "question__text", "memory", "due_at", "answered_at")),
    )
    recalls = Recall.objects.filter(user=user)
    yield (
        "learning/recalls",
        list(recalls.values("card__question__text", "at", "chosen", "right", "rating")),
    )
    yield (
        "learning/days",
        list(StudyDay.objects.filter(user=user).order_by("day").values("day", "zone")),
    )
