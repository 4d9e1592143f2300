"""Advance of a roadmap's thread to its next stop: the only caller of the graph.

On the Celery thread, which owns rows and the broker: it reads what the thread needs, tells people
of each event, and has the stop made rows (`runs.stops`). Models and checkpoints are talked to on
the loop (`runs.thread`).
"""

import uuid
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from roadmaps import progress
from roadmaps.engine import leases, loop
from roadmaps.engine.driving import drive
from roadmaps.exceptions import RunError
from roadmaps.models import Draft, ModelCall, Review, Roadmap, RoadmapStatus
from roadmaps.request.fields import workflow_payload
from roadmaps.review.decisions import RESUMING
from roadmaps.runs import stops, thread
from roadmaps.runs.thread import ThreadInput, ThreadStop
from roadmaps.sentences import Sentence
from roadmaps.workflow import graph, steps


def advance(roadmap_id: uuid.UUID, run_id: uuid.UUID) -> str:
    """Drive the roadmap's thread to its next stop; returns the roadmap's status, or an Outcome.

    A redelivery, a late duplicate, a retry and the first run are the same: the thread itself says
    what to feed it.
    """

    def claim() -> Roadmap | None:
        rows = Roadmap.objects.filter(pk=roadmap_id, run_id=run_id)
        if not rows.transition(
            RoadmapStatus.RUNNING,
            attempts=F("attempts") + 1,
            graph_version=Coalesce("graph_version", graph.GRAPH_VERSION),
        ):
            return None
        return rows.get()

    return drive(roadmap_id, claim, _run_thread, stops.fail)


def _run_thread(roadmap: Roadmap, hold: leases.Hold) -> str:
    progress.record(
        roadmap.pk, "run_started", Sentence("A worker took it up"), attempt=roadmap.attempts
    )
    stop: ThreadStop | None = None
    for event in loop.stream(thread.events(_input(roadmap, hold)), on_cancel=hold.on_lost):
        if isinstance(event, ThreadStop):
            stop = event
        else:
            _record(roadmap, event)
    if stop is None:
        raise RunError(Sentence("The workflow ended without a state. Retry starts it anew."))
    return stops.settle(roadmap, hold, stop)


def _input(roadmap: Roadmap, hold: leases.Hold) -> ThreadInput:
    has_drafts = roadmap.drafts.exists()
    return ThreadInput(
        thread_id=str(roadmap.thread_id),
        graph_version=roadmap.graph_version,
        request=workflow_payload(roadmap),
        budget_minutes=roadmap.budget_minutes,
        decisions=_decisions(roadmap) if has_drafts else {},
        has_drafts=has_drafts,
        branch=roadmap.branch,
        fence=str(hold.token),
        asked=ModelCall.objects.asked_by(roadmap.thread_id),
    )


def _decisions(roadmap: Roadmap) -> dict[str, dict[str, Any]]:
    """Decisions that a thread goes on from, by the id of the interrupt that each answers."""
    reviews = roadmap.reviews.filter(status__in=RESUMING).select_related("draft")
    return {review.interrupt_id: _decision(review) for review in reviews}


def _decision(review: Review) -> dict[str, Any]:
    """What the interrupted node gets; a plan only when a reviewer has edited it, for the thread
    holds any other.
    """
    decision = {"decision": review.status, "comment": review.comment, "parts": review.parts}
    if review.draft.origin == Draft.Origin.EDITED:
        decision |= {"plan": review.draft.plan, "report": review.draft.report}
    return decision


def _record(roadmap: Roadmap, event: dict[str, Any]) -> None:
    """Tell people that a node began or ended."""
    node = event.get("name", "")
    label = steps.LABELS.get(node)
    if label is None or event.get("interrupts"):
        return
    if "result" in event:
        message = Sentence("%(step)s: done", step=label)
        progress.record(roadmap.pk, "node_finished", message, node=node)
    else:
        progress.record(roadmap.pk, "node_started", label, node=node)
