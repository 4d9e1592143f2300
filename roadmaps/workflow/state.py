"""What a thread holds: plain JSON only, so that any later version can read its checkpoints."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

Json = dict[str, Any]


class State(TypedDict, total=False):
    request: Json
    budget_minutes: int
    intent: Json
    plan: Json
    report: Json
    edit_round: int  # automatic rounds since the last review
    review_round: int  # reviews that asked for changes
    operations: list[Json]  # applied since the last reviewed draft
    skipped: list[str]  # sentences about operations that could not be applied
    origin: str  # MODEL or REVIEWER
    decision: str
    comment: str
    to_answer: Json  # what plan_edit worked out: {"issues", "comment"}


class Answered(Protocol):
    """What the model door returns."""

    answer: Any


Ask = Callable[[str, list[BaseMessage], type[BaseModel]], Awaitable[Answered]]


@dataclass(frozen=True)
class Context:
    """What nodes get besides the state; never stored."""

    ask: Ask
    max_edit_rounds: int
