"""Cards of spaced repetition (FSRS): a person's memory of each question, and its next day."""

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
    wording = json.dumps([question.text, question.options], ensure_ascii=False).casefold()
    return hashlib.sha256(wording.encode()).hexdigest()


def keep_concept(concept: Concept) -> None:
    """Lock a concept, so that no changed plan takes it away before the transaction ends.

    Raises NothingThere when one has.
    """
    if not Concept.objects.select_for_update(no_key=True).filter(pk=concept.pk).first():
        raise NothingThere(
            _("“%(concept)s” is no longer part of this course.") % {"concept": concept}
        )


def keep_questions(concept: Concept) -> None:
    """Lock a concept and its quiz, so that it isn't rewritten before the transaction ends.

    Called first: the same order of locks everywhere.
    """
    keep_concept(concept)
    Quiz.objects.select_for_update(no_key=True).filter(concept=concept).first()


def make(user: Any, concept: Concept) -> None:
    """Make a card for each question of the concept of which its owner has none yet."""
    if concept.roadmap.owner_id == user.pk:
        questions = Question.objects.filter(quiz__concept=concept)
        _make_missing([user.pk], concept.pk, questions)


def _make_missing(user_ids: Iterable[int], concept_id: int, questions: Iterable[Question]) -> None:
    cards = [
        Card(
            user_id=user_id,
            concept_id=concept_id,
            question=question,
            fingerprint=fingerprint(question),
        )
        for question in questions
        for user_id in user_ids
    ]
    Card.objects.bulk_create(cards, ignore_conflicts=True)


def follow_rewrite(quiz: Quiz) -> None:
    """Match the cards of a concept to its rewritten quiz.

    Cards of questions that stayed go on, those of questions that went rest, and new questions get
    cards of their own.
    """
    cards = Card.objects.filter(concept_id=quiz.concept_id)
    user_ids = list(cards.order_by().values_list("user_id", flat=True).distinct())
    if not user_ids:
        return
    questions = list(quiz.questions.all())
    for question in questions:
        cards.filter(fingerprint=fingerprint(question)).update(question=question)
    _make_missing(user_ids, quiz.concept_id, questions)


def rate_first_answers(user: Any, concept: Concept, right: dict[int, bool]) -> None:
    """Count a quiz as the first answer to new questions; `right` is by question id."""
    for card in Card.objects.filter(user=user, concept=concept, question__in=right, memory={}):
        was_right = card.question_id is not None and right[card.question_id]
        rate(card, Rating.GOOD if was_right else Rating.AGAIN, timezone.now())


def rate(card: Card, rating: int, answered_at: datetime) -> None:
    memory = _memory_after(card, rating, answered_at)
    card.memory, card.due_at, card.answered_at = memory.to_dict(), memory.due, answered_at
    card.save(update_fields=["memory", "due_at", "answered_at"])


def due_after(card: Card, rating: int, answered_at: datetime) -> date:
    """The day on which the question would be asked again."""
    due: datetime = _memory_after(card, rating, answered_at).due
    return due.date()


def _memory_after(card: Card, rating: int, answered_at: datetime) -> fsrs.Card:
    """FSRS's record of a question after an answer.

    FSRS counts from noon to noon of the person's calendar, whatever hour and zone an answer was
    given in.
    """
    memory = fsrs.Card(card_id=card.pk)
    if card.memory:
        memory = fsrs.Card.from_dict(card.memory)
    if memory.last_review:  # older memories have the hour of the answer
        memory.last_review = _noon(memory.last_review.date())
    reviewed_at = _noon(timezone.localdate(answered_at))
    memory, _ = _scheduler().review_card(memory, fsrs.Rating(rating), reviewed_at)
    return memory


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@cache
def _scheduler() -> fsrs.Scheduler:
    """FSRS's scheduler in whole days: daily practice needs no steps of minutes."""
    return fsrs.Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=LONGEST_DAYS,
        enable_fuzzing=False,
    )
