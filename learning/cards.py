"""Cards: which questions a person keeps in mind, and when each is asked again (FSRS)."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

import fsrs
from django.utils import timezone
from django.utils.translation import gettext as _

from content.models import Question, Quiz
from learning.models import Card, Rating
from roadmaps.models import Concept
from roadmaps.pages.errors import NothingThere

RETENTION = 0.9  # the chance to know the answer when it is asked again
LONGEST_DAYS = 3650


def fingerprint(question: Question) -> str:
    asked = json.dumps([question.text, question.options], ensure_ascii=False).casefold()
    return hashlib.sha256(asked.encode()).hexdigest()


def keep_concept(concept: Concept) -> None:
    """Until the transaction ends no changed plan takes it away. Raises NothingThere when one has."""
    if not Concept.objects.select_for_update(no_key=True).filter(pk=concept.pk).first():
        raise NothingThere(
            _("“%(concept)s” is no longer part of this course.") % {"concept": concept}
        )


def keep_questions(concept: Concept) -> None:
    """Until the transaction ends its quiz isn't written anew.

    Called first: the same order of locks everywhere.
    """
    keep_concept(concept)
    Quiz.objects.select_for_update(no_key=True).filter(concept=concept).first()


def make(user: Any, concept: Concept) -> None:
    """A card for each question of the concept that its owner has none of yet."""
    if concept.roadmap.owner_id == user.pk:
        _make([user.pk], concept.pk, Question.objects.filter(quiz__concept=concept))


def _make(users: Iterable[int], concept_id: int, questions: Iterable[Question]) -> None:
    cards = [
        Card(
            user_id=user,
            concept_id=concept_id,
            question=question,
            fingerprint=fingerprint(question),
        )
        for question in questions
        for user in users
    ]
    Card.objects.bulk_create(cards, ignore_conflicts=True)


def follow_rewrite(quiz: Quiz) -> None:
    """Cards of questions that stayed go on, those of questions that went rest, and new questions
    get theirs.
    """
    cards = Card.objects.filter(concept_id=quiz.concept_id)
    users = list(cards.order_by().values_list("user_id", flat=True).distinct())
    if not users:
        return
    questions = list(quiz.questions.all())
    for question in questions:
        cards.filter(fingerprint=fingerprint(question)).update(question=question)
    _make(users, quiz.concept_id, questions)


def rate_first_answers(user: Any, concept: Concept, right: dict[int, bool]) -> None:
    """The quiz is the first answer to questions never asked before; `right` is by question id."""
    for card in Card.objects.filter(user=user, concept=concept, question__in=right, memory={}):
        was_right = card.question_id is not None and right[card.question_id]
        rate(card, Rating.GOOD if was_right else Rating.AGAIN, timezone.now())


def rate(card: Card, rating: int, at: datetime) -> None:
    """`at` is when it was answered."""
    after = _after(card, rating, at)
    card.memory, card.due_at, card.answered_at = after.to_dict(), after.due, at
    card.save(update_fields=["memory", "due_at", "answered_at"])


def due_after(card: Card, rating: int, at: datetime) -> date:
    """The day on which the question would be asked again."""
    due: datetime = _after(card, rating, at).due
    return due.date()


def _after(card: Card, rating: int, at: datetime) -> fsrs.Card:
    """FSRS counts from noon to noon of the person's calendar, whatever hour and zone an answer was
    given in.
    """
    known = fsrs.Card.from_dict(card.memory) if card.memory else fsrs.Card(card_id=card.pk)
    if known.last_review:
        known.last_review = _noon(
            known.last_review.date()
        )  # memories of before have the hour of the answer
    after, _ = _scheduler().review_card(known, fsrs.Rating(rating), _noon(timezone.localdate(at)))
    return after


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@cache
def _scheduler() -> fsrs.Scheduler:
    """In whole days: who practises daily needs no steps of minutes."""
    return fsrs.Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=LONGEST_DAYS,
        enable_fuzzing=False,
    )
