"""Grading of quizzes, on the server only: no page has an answer before a person gives theirs."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from content.models import Question
from learning import cards
from learning.models import Attempt, Reading, StudyDay
from roadmaps.models import Concept
from roadmaps.people.numbers import whole_number


def chosen_of(question: Question, values: Iterable[str]) -> list[int]:
    """0-based indexes of the chosen options; a value that names no option counts for nothing."""
    numbers = set(map(whole_number, values))
    return [number for number in range(len(question.options)) if number in numbers]


def is_right(question: Question, chosen: list[int]) -> bool:
    return chosen == sorted(question.correct_indexes)


@transaction.atomic
def answer(user: Any, concept: Concept, form_data: QueryDict) -> Attempt:
    """Grade and keep the answers in `question-<id>`.

    Raises ValidationError where there is nothing to grade.
    """
    cards.keep_questions(concept)
    questions = {
        f"question-{question.pk}": question
        for question in Question.objects.filter(quiz__concept=concept)
    }
    if any(name.startswith("question-") and name not in questions for name in form_data):
        raise ValidationError(
            _("The quiz was written anew meanwhile. These are its questions now.")
        )

    graded: dict[int, dict[str, Any]] = {}
    for name, question in questions.items():
        chosen = chosen_of(question, form_data.getlist(name))
        graded[question.pk] = {
            "text": question.text,
            "options": question.options,
            "explanation": question.explanation,
            "correct": sorted(question.correct_indexes),
            "chosen": chosen,
            "right": is_right(question, chosen),
        }
    if not any(answer["chosen"] for answer in graded.values()):
        raise ValidationError(_("Answer at least one of the questions as they are now."))

    right = {pk: answer["right"] for pk, answer in graded.items()}
    attempt = Attempt.objects.create(
        user=user,
        concept=concept,
        score=sum(right.values()),
        total=len(right),
        answers=list(graded.values()),
    )
    Reading.objects.get_or_create(user=user, concept=concept)
    cards.make(user, concept)
    cards.rate_first_answers(user, concept, right)
    StudyDay.mark(user)
    return attempt
