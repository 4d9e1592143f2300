"""Questions to the learner before the design, by the model that will make the goal precise."""

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from roadmaps import llm
from roadmaps.engine import checkpointer, loop
from roadmaps.exceptions import LLMError
from roadmaps.sentences import Sentence

QUESTIONS_MAX, QUESTION_MAX, ANSWER_MAX = 3, 400, 1000  # characters of one


def ask_questions(request: dict[str, Any], thread_id: uuid.UUID) -> list[str]:
    """The questions that `thread_id`'s design begins with.

    Raises LLMError with a sentence, after a short time too.
    """
    try:
        return loop.run(_ask(request, str(thread_id)), timeout=settings.QUESTIONS_SECONDS)
    except TimeoutError:
        limit = settings.QUESTIONS_SECONDS
        reason = Sentence(
            "The model took longer than %(limit)s seconds (QUESTIONS_SECONDS).", limit=limit
        )
        raise LLMError(reason, permanent=False) from None


async def _ask(request: dict[str, Any], thread_id: str) -> list[str]:
    from roadmaps.plan.schemas import Questions  # not at the top: pages import this module
    from roadmaps.workflow import prompts

    pool = await checkpointer.pool()
    messages = prompts.messages("questions", {"request": request})
    call = await llm.ask("intent", messages, Questions, thread_id=thread_id, pool=pool)
    return call.answer.questions


def clean_clarifications(clarifications: Any) -> list[dict[str, str]]:
    """Answered questions among [{"question", "answer"}]. Raises ValidationError."""
    answered = []
    for pair in clarifications:
        question = str(pair["question"])
        answer = str(pair["answer"]).replace("\x00", "").strip()
        if answer:
            answered.append({"question": question, "answer": answer})

    longest_question = max((len(pair["question"]) for pair in answered), default=0)
    if len(answered) > QUESTIONS_MAX or longest_question > QUESTION_MAX:
        raise ValidationError({"clarifications": _("These are no questions that were asked.")})
    if any(len(pair["answer"]) > ANSWER_MAX for pair in answered):
        message = _("An answer may have at most %(most)s characters.") % {"most": ANSWER_MAX}
        raise ValidationError({"clarifications": message})
    return answered
