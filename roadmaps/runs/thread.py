"""Thread of a roadmap on the event loop: the graph is fed, and its events and its stop come back.

The loop talks to models and checkpoints; the Celery thread owns rows and the broker. So nothing
here reads or writes a row: `runs.advance` reads a ThreadInput before, and `runs.stops` makes rows
of the ThreadStop.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, Interrupt, StateSnapshot

from roadmaps import llm
from roadmaps.engine import checkpointer
from roadmaps.engine.saver import FENCE
from roadmaps.exceptions import RunError
from roadmaps.sentences import Sentence
from roadmaps.workflow import graph
from roadmaps.workflow.state import Context

INTERRUPTS = "__interrupt__"  # LangGraph's key beside the state


@dataclass(frozen=True)
class ThreadInput:
    """All that the loop needs to know of a roadmap, read before the loop takes over."""

    thread_id: str
    graph_version: int | None
    request: dict[str, Any]
    budget_minutes: int
    decisions: dict[str, dict[str, Any]]  # by interrupt id
    has_drafts: bool
    is_changing: bool  # a plan whose course goes on meanwhile
    branch: int
    fence: str  # the token of the lease under which it is driven
    input_hashes: set[str]  # of the model calls that the journal has


@dataclass(frozen=True)
class ThreadStop:
    """The stop of a thread: at these interrupts, or at its end."""

    state: dict[str, Any]
    interrupts: tuple[Interrupt, ...]


async def events(thread: ThreadInput) -> AsyncIterator[Any]:
    """The thread's events, and as the last item its ThreadStop, once all of that is written."""
    async with asyncio.timeout(settings.RUN_TIMEOUT_SECONDS):
        pool = await checkpointer.pool()

        async def ask(role: str, messages: Any, schema: Any) -> Any:
            return await llm.ask(
                role,
                messages,
                schema,
                thread_id=thread.thread_id,
                branch=thread.branch,
                pool=pool,
                asked=thread.input_hashes,
            )

        workflow = graph.build_graph(thread.graph_version, await checkpointer.saver())
        config: RunnableConfig = {
            "configurable": {"thread_id": thread.thread_id, FENCE: thread.fence}
        }
        snapshot = await workflow.aget_state(config)
        if not can_move(snapshot, thread):
            yield ThreadStop(snapshot.values, snapshot.interrupts)
            return

        state = snapshot.values
        async for mode, event in workflow.astream(
            graph_input(snapshot, thread),
            config,
            context=Context(
                ask=ask,
                max_edit_rounds=settings.MAX_EDIT_ROUNDS,
                approves_itself=settings.AUTO_APPROVE_MIN_SCORE is not None,
            ),
            stream_mode=["tasks", "values"],
            durability="async",
        ):
            if mode == "tasks":
                yield event
            else:
                state = event
        yield ThreadStop(state, state.pop(INTERRUPTS, ()))


def can_move(snapshot: StateSnapshot, thread: ThreadInput) -> bool:
    """Whether the thread can go on: not when it waits for a decision, or has ended.

    Raises RunError when its checkpoints are gone.
    """
    if not snapshot.values:
        if thread.is_changing:
            return False  # whoever asked for the change died before the thread was forked
        if thread.has_drafts:
            raise RunError(
                Sentence(
                    "The checkpoints of this roadmap are gone, so its workflow can't go on. "
                    "State the goal anew."
                )
            )
        return True
    if snapshot.interrupts:
        return any(interrupt.id in thread.decisions for interrupt in snapshot.interrupts)
    # Not `next`: that leaves out a node which has run but whose checkpoint its worker didn't live
    # to write.
    return bool(snapshot.tasks)


def graph_input(snapshot: StateSnapshot, thread: ThreadInput) -> Any:
    """The input to feed the graph: the request at the start, a decision, or None to go on."""
    if not snapshot.values:
        return {"request": thread.request, "budget_minutes": thread.budget_minutes}
    if snapshot.interrupts:
        # By id: a bare resume would answer whatever interrupt comes next.
        ids = [interrupt.id for interrupt in snapshot.interrupts]
        return Command(resume={id: thread.decisions[id] for id in ids if id in thread.decisions})
    return None
