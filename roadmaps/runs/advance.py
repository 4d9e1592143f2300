"""The only caller of the graph, and the one place where a thread's state becomes rows."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F
from django.db.models.functions import Coalesce
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, Interrupt, StateSnapshot

from roadmaps import llm, progress, sentences
from roadmaps.engine import checkpointer, dispatch, leases, loop
from roadmaps.engine.saver import FENCE
from roadmaps.exceptions import LeaseLost, LLMError, RunError, RunNotClaimed
from roadmaps.models import (
    UNDECIDED,
    Draft,
    ModelCall,
    Review,
    ReviewEventKind,
    ReviewStatus,
    Roadmap,
    RoadmapStatus,
    due_time,
    shown_of,
)
from roadmaps.review import history
from roadmaps.runs import publishing
from roadmaps.sentences import Sentence
from roadmaps.signals import content_taken_over, plan_changed, review_opened, roadmap_ended
from roadmaps.workflow import graph
from roadmaps.workflow.state import Context

logger = logging.getLogger(__name__)

INTERRUPTS = "__interrupt__"  # LangGraph's key beside the state
NODE_LABELS = {
    "analyze_intent": Sentence("Understanding the goal"),
    "design_curriculum": Sentence("Designing the plan"),
    "validate_structure": Sentence("Checking the plan"),
    "plan_edit": Sentence("Working out what to change"),
    "edit_roadmap": Sentence("Changing the plan"),
    "human_review": Sentence("Handing the plan to a reviewer"),
}


@dataclass(frozen=True)
class Feed:
    """All that the loop needs to know of a roadmap, read before the loop takes over."""

    thread_id: str
    graph_version: int | None
    request: dict[str, Any]
    budget_minutes: int
    decisions: dict[str, dict[str, Any]]  # by interrupt id
    has_drafts: bool
    branch: int
    fence: str  # the token of the lease under which it is driven
    asked: set[str]  # input hashes of the model calls that the journal has


@dataclass(frozen=True)
class Stop:
    """Where a thread stands still: at these interrupts, or at its end."""

    state: dict[str, Any]
    interrupts: tuple[Interrupt, ...]


def advance(roadmap_id: uuid.UUID, run_id: uuid.UUID) -> str:
    """Drive the roadmap's thread to its next stop; returns where it ended, "refused" when this run
    may not drive.

    A redelivery, a late duplicate, a retry and the first run are the same: the thread itself says
    what to feed it.
    """
    claimable = Roadmap.objects.filter(pk=roadmap_id, run_id=run_id)
    claimed = {
        "attempts": F("attempts") + 1,
        "graph_version": Coalesce("graph_version", graph.GRAPH_VERSION),
    }
    try:
        with leases.hold(
            roadmap_id, lambda: claimable.transition(RoadmapStatus.RUNNING, **claimed)
        ) as held:
            return _drive(Roadmap.objects.get(pk=roadmap_id), held)
    except RunNotClaimed:
        return "refused"


def _drive(roadmap: Roadmap, held: leases.Hold) -> str:
    progress.record(
        roadmap.pk, "run_started", Sentence("A worker took it up"), attempt=roadmap.attempts
    )
    try:
        stopped: Stop | None = None
        for event in loop.stream(_thread(_feed_of(roadmap, held)), on_cancel=held.on_lost):
            if isinstance(event, Stop):
                stopped = event
            else:
                _tell(roadmap, event)
        return _settle(roadmap, held, stopped)
    except (LeaseLost, CancelledError):
        return "stopped"
    except loop.DATABASE_AWAY:
        raise  # the database is away: the lease runs out and recover sends the run again
    except Exception as exc:  # noqa: BLE001 - the run's boundary: whatever went wrong ends as a reason on the row
        return fail(roadmap, held, exc)


def fail(roadmap: Roadmap, held: leases.Hold, exc: Exception) -> str:
    """End the run with a reason that a person understands; the traceback goes to the process's
    log.
    """
    reason = reason_of(exc)
    logger.error(
        "run %s of roadmap %s failed: %s", roadmap.run_id, roadmap.pk, reason, exc_info=exc
    )
    try:
        with held.writing():
            roadmap.transition(RoadmapStatus.FAILED, **sentences.columns("status_reason", reason))
            held.end()
            roadmap_ended.send(sender=Roadmap, roadmap=roadmap)
            progress.record(roadmap.pk, "run_failed", reason, level="error")
    except LeaseLost:
        return "stopped"
    return roadmap.status


def reason_of(exc: Exception) -> str:
    if isinstance(exc, LLMError | RunError):
        return exc.said
    if isinstance(exc, TimeoutError):
        limit = settings.RUN_TIMEOUT_SECONDS
        return Sentence(
            "It took longer than %(limit)s seconds. Retry goes on from the last step.", limit=limit
        )
    if isinstance(exc, SoftTimeLimitExceeded):  # of a worker's own line, under prefork
        return Sentence("It took too long. Retry goes on from the last step.")
    return Sentence(
        "Unexpected %(error)s; the worker's log has the details. Retry goes on from the last step.",
        error=type(exc).__name__,
    )


def _feed_of(roadmap: Roadmap, held: leases.Hold) -> Feed:
    has_drafts = roadmap.drafts.exists()
    return Feed(
        thread_id=str(roadmap.thread_id),
        graph_version=roadmap.graph_version,
        request=roadmap.request_payload(),
        budget_minutes=roadmap.budget_minutes,
        decisions=_decisions(roadmap) if has_drafts else {},
        has_drafts=has_drafts,
        branch=roadmap.branch,
        fence=str(held.token),
        asked=ModelCall.objects.asked_by(roadmap.thread_id),
    )


def _decisions(roadmap: Roadmap) -> dict[str, dict[str, Any]]:
    gone_on = [ReviewStatus.APPROVED, ReviewStatus.CHANGES_REQUESTED]
    decided = roadmap.reviews.filter(status__in=gone_on).select_related("draft")
    return {review.interrupt_id: _decision_of(review) for review in decided}


def _decision_of(review: Review) -> dict[str, Any]:
    """What the interrupted node gets; a plan only when a reviewer has edited it, for the thread
    holds any other.
    """
    decision = {"decision": review.status, "comment": review.comment, "parts": review.parts}
    if review.draft.origin == Draft.Origin.EDITED:
        return decision | {"plan": review.draft.plan, "report": review.draft.report}
    return decision


async def _thread(feed: Feed) -> AsyncIterator[Any]:
    """The thread's events, and as the last item its Stop, once all of that is written."""
    async with asyncio.timeout(settings.RUN_TIMEOUT_SECONDS):
        pool = await checkpointer.pool()
        workflow = graph.build_graph(feed.graph_version, await checkpointer.saver())
        config: RunnableConfig = {"configurable": {"thread_id": feed.thread_id, FENCE: feed.fence}}
        found = await workflow.aget_state(config)
        if not _moves(found, feed):
            yield Stop(found.values, found.interrupts)
            return
        context = Context(ask=_asker(feed, pool), max_edit_rounds=settings.MAX_EDIT_ROUNDS)
        state, modes = found.values, ["tasks", "values"]
        async for mode, event in workflow.astream(
            _input(found, feed), config, context=context, stream_mode=modes, durability="async"
        ):
            if mode == "tasks":
                yield event
            else:
                state = event
        yield Stop(state, state.pop(INTERRUPTS, ()))


def _asker(feed: Feed, pool: checkpointer.Pool) -> Any:
    async def ask(role: str, messages: Any, schema: Any) -> Any:
        return await llm.ask(
            role,
            messages,
            schema,
            thread_id=feed.thread_id,
            branch=feed.branch,
            pool=pool,
            asked=feed.asked,
        )

    return ask


def _moves(stopped: StateSnapshot, feed: Feed) -> bool:
    """False when the thread waits for a decision that nobody has made, or has ended."""
    if not stopped.values:
        if feed.has_drafts:
            raise RunError(
                Sentence(
                    "The checkpoints of this roadmap are gone, so its workflow can't go on. State the goal anew."
                )
            )
        return True
    if stopped.interrupts:
        return any(one.id in feed.decisions for one in stopped.interrupts)
    # Not `next`: that leaves out a node which has run but whose checkpoint its worker didn't live
    # to write.
    return bool(stopped.tasks)


def _input(stopped: StateSnapshot, feed: Feed) -> Any:
    if not stopped.values:
        return {"request": feed.request, "budget_minutes": feed.budget_minutes}
    if stopped.interrupts:
        # By id: a bare resume would answer whatever interrupt comes next.
        return Command(
            resume={
                one.id: feed.decisions[one.id]
                for one in stopped.interrupts
                if one.id in feed.decisions
            }
        )
    return None


def _tell(roadmap: Roadmap, event: dict[str, Any]) -> None:
    node = event.get("name", "")
    label = NODE_LABELS.get(node)
    if label is None or event.get("interrupts"):
        return
    if "result" in event:
        progress.record(
            roadmap.pk, "node_finished", Sentence("%(step)s: done", step=label), node=node
        )
    else:
        progress.record(roadmap.pk, "node_started", label, node=node)


def _settle(roadmap: Roadmap, held: leases.Hold, stopped: Stop | None) -> str:
    if stopped is None:
        raise RunError(Sentence("The workflow ended without a state. Retry starts it anew."))
    with held.writing():
        if stopped.interrupts:
            _open_review(roadmap, stopped.interrupts[0].id, stopped.state)
        else:
            _publish(roadmap, stopped.state)
        held.end()
    return roadmap.status


def _open_review(roadmap: Roadmap, interrupt_id: str, state: dict[str, Any]) -> None:
    title = state["plan"]["title"]
    roadmap.transition(
        RoadmapStatus.AWAITING_REVIEW,
        title=title,
        made_without_model=llm.without_model("curriculum"),
    )
    review = _reopened(roadmap, interrupt_id) or _new_review(roadmap, interrupt_id, state)
    progress.record(roadmap.pk, "review_requested", Sentence("The plan waits for a reviewer"))
    history.write(
        review, ReviewEventKind.OPENED, name="the workflow", text=_request_of(review.draft, state)
    )
    review_opened.send(sender=Review, review=review)
    roadmap.refresh_from_db()  # a receiver may have decided at once


def _reopened(roadmap: Roadmap, interrupt_id: str) -> Review | None:
    superseded = roadmap.reviews.filter(interrupt_id=interrupt_id, status=ReviewStatus.SUPERSEDED)
    if not superseded.update(**UNDECIDED, due_at=due_time()):
        return None
    return roadmap.reviews.get(interrupt_id=interrupt_id)


def _new_review(roadmap: Roadmap, interrupt_id: str, state: dict[str, Any]) -> Review:
    draft = _save_draft(roadmap, state)
    return Review.objects.create(
        roadmap=roadmap, draft=draft, interrupt_id=interrupt_id, **_in_short(roadmap, state)
    )


def _request_of(draft: Draft, state: dict[str, Any]) -> str:
    """What a reviewer should know of an approved plan that somebody wanted changed."""
    if draft.origin not in Draft.ASKED:
        return ""
    who = "The learner"
    if draft.origin == Draft.Origin.STAFF:
        who = draft.author.get_username() if draft.author else "A staff member"
    return f"{who} asked for changes of the approved plan: {state['comment']}"


def _in_short(roadmap: Roadmap, state: dict[str, Any]) -> dict[str, Any]:
    """What the inbox shows, so that it need not read the draft."""
    return {
        **shown_of(state["report"]),
        "round": state.get("review_round", 0) + 1,
        "language": roadmap.language,
        "due_at": due_time(),
    }


def _save_draft(roadmap: Roadmap, state: dict[str, Any]) -> Draft:
    origin = state.get("origin", Draft.Origin.MODEL)
    # An account may have been deleted meanwhile.
    asked_by = state.get("asked_by") if origin in Draft.ASKED else None
    return Draft.objects.create(
        roadmap=roadmap,
        number=roadmap.drafts.count() + 1,
        plan=state["plan"],
        report=state["report"],
        operations=state.get("operations", []),
        origin=origin,
        author=User.objects.filter(pk=asked_by).first() if asked_by else None,
        intent=state.get("intent", {}),
    )


def _publish(roadmap: Roadmap, state: dict[str, Any]) -> None:
    """The approved plan becomes rows, and content is asked for."""
    newest = roadmap.reviews.exclude(status=ReviewStatus.SUPERSEDED).order_by("-pk").first()
    if newest is None or newest.status != ReviewStatus.APPROVED:
        raise RunError(
            Sentence(
                "The workflow ended although nobody has approved the plan. Retry goes on from the last step."
            )
        )
    if roadmap.is_changing:
        content_taken_over.send(sender=Roadmap, roadmap=roadmap)
        changed = publishing.update(roadmap, state["plan"])
        plan_changed.send(sender=Roadmap, roadmap=roadmap, concepts=changed)
    elif not roadmap.concepts.exists():
        publishing.create(roadmap, state["plan"])
    dispatch.queue_content(roadmap)
    progress.record(
        roadmap.pk, "plan_approved", Sentence("The plan is approved; the content is being written")
    )
