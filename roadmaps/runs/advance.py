"""Advance of a roadmap's thread to its next stop: the only caller of the graph.

This runs on the Celery thread, which owns rows and the broker: it reads what the thread needs,
tells people of each event, and has the stop made rows (`runs.stops`). The loop talks to models and
checkpoints (`runs.thread`).
"""

import uuid
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from roadmaps import progress
from roadmaps.engine import leases, loop
from roadmaps.engine.driving import drive
from roadmaps.exceptions import RunError
from roadmaps.models import Draft, ModelCall, Roadmap, RoadmapStatus
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

    return drive(roadmap_id, claim, run_thread, stops.fail)


def run_thread(roadmap: Roadmap, hold: leases.Hold) -> str:
    """The work of a claimed run; returns the roadmap's status."""
    message = Sentence("A worker took it up")
    progress.record(roadmap.pk, "run_started", message, attempt=roadmap.attempts)
    events = thread.events(thread_input(roadmap, hold))
    stop: ThreadStop | None = None
    for event in loop.stream(events, on_cancel=hold.on_lost):
        if isinstance(event, ThreadStop):
            stop = event
        else:
            _record(roadmap, event)
    if stop is None:
        raise RunError(Sentence("The workflow ended without a state. Retry starts it anew."))
    return stops.settle(roadmap, hold, stop)


def thread_input(roadmap: Roadmap, hold: leases.Hold) -> ThreadInput:
    """All that the loop needs to know of the roadmap, with the decisions that its thread goes on
    from.
    """
    has_drafts = roadmap.drafts.exists()
    decisions: dict[str, dict[str, Any]] = {}
    if has_drafts:
        for review in roadmap.reviews.filter(status__in=RESUMING).select_related("draft"):
            decision = {"decision": review.status, "comment": review.comment, "parts": review.parts}
            # A plan only when a reviewer has edited it, for the thread holds any other.
            if review.draft.origin == Draft.Origin.EDITED:
                decision |= {"plan": review.draft.plan, "report": review.draft.report}
            decisions[review.interrupt_id] = decision
    return ThreadInput(
        thread_id=str(roadmap.thread_id),
        graph_version=roadmap.graph_version,
        request=workflow_payload(roadmap),
        budget_minutes=roadmap.budget_minutes,
        decisions=decisions,
        has_drafts=has_drafts,
        is_changing=roadmap.is_changing,
        branch=roadmap.branch,
        fence=str(hold.token),
        input_hashes=ModelCall.objects.asked_by(roadmap.thread_id),
    )


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
