"""ask(): one question to the model of a role, answered by a validated object."""

import asyncio
import functools
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.conf import settings
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel, ValidationError

from roadmaps.exceptions import LLMError
from roadmaps.llm import instrumentation, journal, parsing, transport
from roadmaps.llm.labels import model_label, without_model
from roadmaps.llm.limits import gate
from roadmaps.llm.providers import answering
from roadmaps.sentences import Sentence

T = TypeVar("T", bound=BaseModel)
REASKS_MAX = 2  # after answers that don't fit the schema


@dataclass(frozen=True)
class Call(Generic[T]):
    """`calls` are the model calls paid for this answer: none when the journal had it.

    `prompt` is what the model answered; None for the built-in author, who is no model.
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
) -> Call[T]:
    """The model's answer as a `schema` object.

    Raises LLMError with a sentence that names no prompt and no key.

    A branch of the thread asks anew what an earlier one has asked. `asked`: input hashes that the
    journal may know, where whoever drives the thread has read them all; None: ask the journal
    itself.
    """
    key = journal.input_hash(model_label(role), messages, schema, branch)
    known = (
        await journal.find(pool, thread_id, role, key)
        if pool and (asked is None or key in asked)
        else None
    )
    if known and (kept := _kept(known["answer"], schema)):
        return Call(answer=kept, model=known["model"])
    failed: Counter[str] = Counter()
    try:
        call = await _ask_in_time(
            role, messages, schema, gate.turn(role, thread_id, messages), failed
        )
    except LLMError:
        await _keep_failures(pool, thread_id, role, failed, gave_up=True)
        raise
    if pool:
        await journal.keep(pool, thread_id, role, key, call)
        await _keep_failures(pool, thread_id, role, failed, gave_up=False)
        if asked is not None:
            asked.add(key)
    return call


async def _keep_failures(
    pool: journal.Pool | None, thread_id: str, role: str, failed: Counter[str], *, gave_up: bool
) -> None:
    """For the staff. A call without a failed attempt, as nearly all are, writes nothing."""
    if pool and failed:
        await journal.keep_failures(
            pool, thread_id, role, model_label(role), failed, gave_up=gave_up
        )


async def _ask_in_time(
    role: str, messages: list[BaseMessage], schema: type[T], turn: Any, failed: Counter[str]
) -> Call[T]:
    try:
        async with asyncio.timeout(settings.NODE_TIMEOUT_SECONDS) as turn.limit:
            return await _ask_model(role, messages, schema, turn, failed)
    except TimeoutError:
        failed["out_of_time"] += 1
        told = Sentence(
            "The model for “%(role)s” took longer than %(limit)s seconds (NODE_TIMEOUT_SECONDS), retries included.",
            role=role,
            limit=settings.NODE_TIMEOUT_SECONDS,
        )
        raise LLMError(told, permanent=False) from None


def _kept(answer: Any, schema: type[T]) -> T | None:
    """None when a release before took what this one refuses: it is asked anew, or no retry would
    ever get on.
    """
    try:
        return schema.model_validate(answer)
    except ValidationError:
        return None


async def _ask_model(
    role: str, messages: list[BaseMessage], schema: type[T], turn: Any, failed: Counter[str]
) -> Call[T]:
    started, tokens = time.monotonic(), [0, 0]
    model = answering(role, schema)
    said = list(messages)
    for calls in range(1, REASKS_MAX + 2):
        request = functools.partial(_request, role, model, said, failed)
        raw = await transport.send(role, request, turn)
        turn.took(_count(tokens, raw))
        try:
            answer = parsing.read(raw, schema)
        except parsing.Unusable as exc:
            problem = exc
            failed["refused" if isinstance(exc, parsing.Refused) else "unusable"] += 1
            said = [
                *messages,
                HumanMessage(f"Your last answer could not be used. {exc}\nAnswer the JSON again."),
            ]
            continue
        seconds = time.monotonic() - started
        prompt = None if without_model(role) else said
        return Call(
            answer, model_label(role), tokens[0], tokens[1], round(seconds, 3), calls, prompt
        )
    if isinstance(problem, parsing.Refused):
        raise LLMError(
            Sentence("The model refused to answer. State the goal in other words."), permanent=True
        )
    facts = {"role": role, "tries": REASKS_MAX + 1, "problem": str(problem)[:300]}
    told = Sentence(
        "The model for “%(role)s” gave no usable answer in %(tries)s tries: %(problem)s", **facts
    )
    raise LLMError(told, permanent=False)


async def _request(
    role: str, model: Any, messages: list[BaseMessage], failed: Counter[str]
) -> AIMessage:
    with instrumentation.call(role, failed) as done:
        try:
            raw: AIMessage = await model.ainvoke(messages)
        except ValueError as exc:
            raise transport.NotAModel from exc
        done(raw)
    return raw


def _count(tokens: list[int], raw: AIMessage) -> int:
    """Add what the answer took to the tokens of this ask(); returns their sum for this answer."""
    if not (usage := raw.usage_metadata):
        return 0
    tokens[0] += usage["input_tokens"]
    tokens[1] += usage["output_tokens"]
    return usage["input_tokens"] + usage["output_tokens"]
