"""Daily practice: the questions of today, their answers and ratings."""

import random
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from content.models import Question
from learning import cards, quizzes
from learning.models import Card, CardQuerySet, Rating, Recall, StudyDay
from roadmaps.exceptions import InvalidTransition
from roadmaps.people import time_zones

NEW = Q(memory={})


def _due(user: Any) -> CardQuerySet:
    """Cards due at any time of today.

    Somebody who practises each morning misses nothing of last evening.
    """
    return Card.objects.of(user).due_on(timezone.localdate())


def left_today(user: Any) -> dict[str, int]:
    """Numbers of questions left for today: `new` ones, and `known` ones to recall."""
    due = _due(user).aggregate(new=Count("pk", filter=NEW), known=Count("pk", filter=~NEW))
    if not any(due.values()):
        return due

    recalls = Recall.objects.filter(user=user, at__gte=time_zones.midnight(), rating__isnull=False)
    answered = recalls.aggregate(
        new=Count("pk", filter=Q(was_new=True)), known=Count("pk", filter=Q(was_new=False))
    )
    limits = {"new": settings.PRACTICE_NEW_PER_DAY, "known": settings.PRACTICE_RECALLS_PER_DAY}
    return {kind: max(0, min(due[kind], limits[kind] - answered[kind])) for kind in limits}


def next_card(user: Any, remaining: dict[str, int]) -> Card | None:
    """The next card to ask: questions to recall first, then new ones in reading order."""
    due = _due(user).select_related("question", "concept__roadmap")
    if remaining["known"]:
        return due.exclude(NEW).order_by("due_at", "pk").first()
    if remaining["new"]:
        order = ("concept__roadmap__created_at", "concept__order", "question__order", "pk")
        return due.filter(NEW).order_by(*order).first()
    return None


def next_due_on(user: Any) -> date | None:
    """The day on which there is something to do again; None when there are no questions at all."""
    if _due(user).exists():
        return timezone.localdate() + timedelta(days=1)  # today's questions are answered
    soonest = Card.objects.of(user).order_by("due_at").first()
    return soonest.due_on if soonest else None


def shown_options(
    card: Card, question: Question, answered: Recall | None = None
) -> list[tuple[int, str]]:
    """Options with their indexes, in another order each time.

    A person should learn an answer and not its place. With `answered`, the order is that in which
    the options were shown for that answer.
    """
    earlier_recalls = card.recalls.all()
    if answered:
        earlier_recalls = earlier_recalls.filter(pk__lt=answered.pk)
    seed = f"{card.pk} {earlier_recalls.count()}"
    options = list(enumerate(question.options))
    random.Random(seed).shuffle(options)  # noqa: S311 - no secret
    return options


def unrated(user: Any) -> Recall | None:
    rows = Recall.objects.filter(user=user, rating__isnull=True, card__in=Card.objects.of(user))
    return rows.order_by("at").first()


@transaction.atomic
def answer(card_id: int, user: Any, options: list[str]) -> Recall:
    """Grade and keep an answer; a wrong one is rated at once, a right one by the person.

    Raises InvalidTransition, ValidationError.
    """
    card = (
        Card.objects.select_for_update(of=("self",))
        .select_related("question")
        .filter(pk=card_id, user=user)
        .first()
    )
    if card is None or card.question is None:
        raise InvalidTransition(_("That question was rewritten meanwhile. Here is the next one."))
    if (
        not _due(user).filter(pk=card.pk).exists()
        or card.recalls.filter(rating__isnull=True).exists()
    ):
        raise InvalidTransition(_("You have answered that question already. Here is the next one."))
    chosen = quizzes.chosen_of(card.question, options)
    if not chosen:
        raise ValidationError(_("Choose an answer first."))
    right = quizzes.is_right(card.question, chosen)
    recall = Recall.objects.create(
        card=card, user=user, chosen=chosen, right=right, was_new=card.is_new
    )
    if not right:
        rate(recall, Rating.AGAIN)
    StudyDay.mark(user)
    return recall


@transaction.atomic
def rate(recall: Recall, rating: int) -> None:
    """Rate an answer, and its card with it. Raises InvalidTransition when it is rated already."""
    if not Recall.objects.filter(pk=recall.pk, rating__isnull=True).update(rating=rating):
        raise InvalidTransition(_("That answer is rated already."))
    cards.rate(recall.card, rating, recall.at)


def choices(recall: Recall) -> list[dict[str, Any]]:
    """The ratings of a right answer, each with the day on which the question would come back."""
    ratings = (Rating.HARD, Rating.GOOD, Rating.EASY)
    return [
        {"rating": rating, "due_on": cards.due_after(recall.card, rating, recall.at)}
        for rating in ratings
    ]
