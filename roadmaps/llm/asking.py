"""Questions to the model of a role, each answered by a validated object."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.conf import settings
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel, ValidationError

from roadmaps.exceptions import LLMError
from roadmaps.llm import instrumentation, journal, parsing, transport
from roadmaps.llm.answer_size import is_too_long
from roadmaps.llm.labels import model_label, without_model
from roadmaps.llm.limits import gate
from roadmaps.llm.providers import answering
from roadmaps.sentences import Sentence

T = TypeVar("T", bound=BaseModel)
REASKS_MAX = 2  # after answers that don't fit the schema


@dataclass(frozen=True)
class Reply(Generic[T]):
    """The reply to a question: the answer, and the tokens, seconds and calls paid for it.

    All of these are 0 when the journal had the answer. `prompt` are the messages that the model
    answered; None for the built-in author, which is no model.
    """

    answer: T
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    calls: int = 0
    prompt: list[BaseMessage] | None = None


async def ask(
    role: str,
    messages: list[BaseMessage],
    schema: type[T],
    *,
    thread_id: str,
    branch: int = 0,
    pool: journal.Pool | None = None,
    asked: set[str] | None = None,
) -> Reply[T]:
    """The model's answer as a `schema` object.

    Raises LLMError with a sentence that names no prompt and no key.

    A branch of the thread asks anew what an earlier one has asked. `asked`: input hashes that the
    journal may know, where the driver of the thread has read them all; None: look into the journal
    itself.
    """
    key = journal.input_hash(model_label(role), messages, schema, branch)
    if pool and (asked is None or key in asked):
        row = await journal.find(pool, thread_id, role, key)
        if row:
            # An answer of an older release that this one refuses is asked anew, or no retry would
            # ever get on.
            with suppress(ValidationError):
                return Reply(answer=schema.model_validate(row["answer"]), model=row["model"])

    failures: Counter[str] = Counter()
    turn = gate.turn(role, thread_id, messages)
    try:
        reply = await _ask_in_time(role, messages, schema, turn, failures)
    except LLMError:
        await _keep_failures(pool, thread_id, role, failures, gave_up=True)
        raise

    if pool:
        await journal.keep(pool, thread_id, role, key, reply)
        await _keep_failures(pool, thread_id, role, failures, gave_up=False)
        if asked is not None:
            asked.add(key)
    return reply


async def _keep_failures(
    pool: journal.Pool | None, thread_id: str, role: str, failures: Counter[str], *, gave_up: bool
) -> None:
    """Keep failed attempts for the staff; nearly all calls have none and write nothing."""
    if pool and failures:
        await journal.keep_failures(
            pool, thread_id, role, model_label(role), failures, gave_up=gave_up
        )


async def _ask_in_time(
    role: str, messages: list[BaseMessage], schema: type[T], turn: Any, failures: Counter[str]
) -> Reply[T]:
    """The reply within NODE_TIMEOUT_SECONDS. Raises LLMError, also when the time is over."""
    try:
        async with asyncio.timeout(settings.NODE_TIMEOUT_SECONDS) as turn.limit:
            return await _ask_model(role, messages, schema, turn, failures)
    except TimeoutError:
        failures["out_of_time"] += 1
        sentence = Sentence(
            "The model for “%(role)s” took longer than %(limit)s seconds "
            "(NODE_TIMEOUT_SECONDS), retries included.",
            role=role,
            limit=settings.NODE_TIMEOUT_SECONDS,
        )
        raise LLMError(sentence, permanent=False) from None


async def _ask_model(
    role: str, messages: list[BaseMessage], schema: type[T], turn: Any, failures: Counter[str]
) -> Reply[T]:
    """The first usable answer; after an unusable one the model is told why and asked again."""
    start = time.monotonic()
    input_tokens = output_tokens = 0
    model = answering(role, schema)
    conversation = list(messages)

    async def request() -> AIMessage:
        with instrumentation.call(role, failures) as record_answer:
            try:
                raw: AIMessage = await model.ainvoke(conversation)
            except (ValueError, RecursionError) as exc:  # its body is no JSON, or absurdly deep
                raise transport.NotAModel from exc
            except Exception as exc:
                if is_too_long(exc):
                    raise parsing.TooLong from exc
                raise
            record_answer(raw)
        return raw

    for calls in range(1, REASKS_MAX + 2):
        try:
            raw = await transport.send(role, request, turn)
            if usage := raw.usage_metadata:
                input_tokens += usage["input_tokens"]
                output_tokens += usage["output_tokens"]
                turn.took(usage["input_tokens"] + usage["output_tokens"])
            answer = parsing.read(raw, schema)
        except parsing.Unusable as exc:
            problem = exc
            failures[exc.reason] += 1
            complaint = f"Your last answer could not be used. {exc}\nAnswer the JSON again."
            conversation = [*messages, HumanMessage(complaint)]
            continue

        return Reply(
            answer=answer,
            model=model_label(role),
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            seconds=round(time.monotonic() - start, 3),
            calls=calls,
            prompt=None if without_model(role) else conversation,
        )

    if isinstance(problem, parsing.Refused):
        raise LLMError(
            Sentence("The model refused to answer. State the goal in other words."), permanent=True
        )
    sentence = Sentence(
        "The model for “%(role)s” gave no usable answer in %(tries)s tries: %(problem)s",
        role=role,
        tries=REASKS_MAX + 1,
        problem=str(problem)[:300],
    )
    raise LLMError(sentence, permanent=False)
