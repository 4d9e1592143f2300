"""Daily practice: the questions of today, their answers and ratings."""

import random
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from content.models import Question
from learning import cards, quizzes
from learning.models import NEW, Card, CardQuerySet, Rating, Recall, StudyDay
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Roadmap
from roadmaps.people import time_zones


def _new(user: Any) -> CardQuerySet:
    return Card.objects.of(user).new()


def _known(user: Any) -> CardQuerySet:
    """Cards to recall that are due at any time of today.

    Somebody who practises each morning misses nothing of last evening.
    """
    return Card.objects.of(user).to_recall_on(timezone.localdate())


def left_today(user: Any) -> dict[str, int]:
    """Numbers of questions left for today: `new` ones, and `known` ones to recall.

    No more are counted than a day asks: every page shows it.
    """
    limits = {"new": settings.PRACTICE_NEW_PER_DAY, "known": settings.PRACTICE_RECALLS_PER_DAY}
    new = _new(user).values_list(Value("new"))[: limits["new"]]
    known = _known(user).values_list(Value("known"))[: limits["known"]]
    kinds = [kind for (kind,) in new.union(known, all=True)]
    due = {kind: kinds.count(kind) for kind in limits}
    if not any(due.values()):
        return due

    recalls = Recall.objects.filter(user=user, at__gte=time_zones.midnight(), rating__isnull=False)
    answered = recalls.aggregate(
        new=Count("pk", filter=Q(was_new=True)), known=Count("pk", filter=Q(was_new=False))
    )
    return {kind: max(0, min(due[kind], limits[kind] - answered[kind])) for kind in limits}


def next_card(user: Any, remaining: dict[str, int]) -> Card | None:
    """The next card to ask: questions to recall first, then new ones in reading order."""
    if remaining["known"]:
        known = _known(user).select_related("question", "concept__roadmap")
        return known.order_by("due_at", "pk").first()
    if remaining["new"]:
        return _first_new(user)
    return None


def _first_new(user: Any) -> Card | None:
    """The first new card of the oldest course that has one: the others are not sorted."""
    in_course = Card.objects.filter(
        NEW, user=user, question__isnull=False, concept__roadmap=OuterRef("pk")
    )
    courses = Roadmap.objects.visible_to(user).filter(Exists(in_course), owner=user)
    oldest = courses.order_by("created_at").values("pk")[:1]
    new = _new(user).filter(concept__roadmap=oldest)
    order = ("concept__order", "question__order", "pk")
    return new.select_related("question", "concept__roadmap").order_by(*order).first()


def next_due_on(user: Any) -> date | None:
    """The day on which there is something to do again; None when there are no questions at all."""
    if _known(user).exists() or _new(user).exists():
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
    asked = _new(user) if card.is_new else _known(user)
    if not asked.filter(pk=card.pk).exists() or card.recalls.filter(rating__isnull=True).exists():
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
