"""State of a thread: plain JSON only, so that any later version can read its checkpoints."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from roadmaps.plan.shape import Plan, Report

Json = dict[str, Any]


class State(TypedDict, total=False):
    request: Json
    budget_minutes: int
    intent: Json
    plan: Plan
    report: Report
    edit_round: int  # automatic rounds since the last review
    review_round: int  # reviews that asked for changes
    operations: list[Json]  # applied since the last reviewed draft
    # Sentences about operations that could not be applied, since the last reviewed draft.
    skipped: list[str]
    origin: str  # MODEL, REVIEWER, LEARNER, STAFF or IMPORTED
    asked_by: int  # id of the user who asked for it, for what is not MODEL or REVIEWER
    decision: str  # APPROVED or CHANGES_REQUESTED; emptied once its edit has been worked out
    comment: str  # of the last who asked for changes: a reviewer, or the learner
    parts: list[str]  # ids of what that comment is about; empty: the whole plan
    edit_plan: Json  # what plan_edit worked out: {"issues", "comment", "automatic", "parts"}


# What a thread lacks that began under a release without the key, or hasn't come so far. Every key
# is here but those that the nodes of the first release wrote before they were read.
DEFAULTS: State = {
    "edit_round": 0,
    "review_round": 0,
    "operations": [],
    "skipped": [],
    "origin": "MODEL",
    "asked_by": 0,
    "decision": "",
    "comment": "",
    "parts": [],
    "edit_plan": {"issues": [], "comment": "", "automatic": True, "parts": []},
}


def whole(state: State) -> State:
    """The state with every key, for a node that reads it."""
    return {**DEFAULTS, **state}


class Call(Protocol):
    """The result of a model call: a validated answer, beside what it cost."""

    @property
    def answer(self) -> Any: ...


Ask = Callable[[str, list[BaseMessage], type[BaseModel]], Awaitable[Call]]


@dataclass(frozen=True)
class Context:
    """The runtime context of nodes beside the state; never stored."""

    ask: Ask
    max_edit_rounds: int  # 0: every plan goes to the reviewer as it was designed
    approves_itself: bool = False  # good plans are approved without a person
