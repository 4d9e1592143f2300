"""The state of a roadmap at each node of the workflow, for the fixed picture of the workflow.

The picture is drawn in the templates _flow_wide.html and _flow_narrow.html.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from roadmaps.models import Roadmap
from roadmaps.models import RoadmapStatus as S

MAIN = (
    "request",
    "analyze_intent",
    "design_curriculum",
    "validate_structure",
    "human_review",
    "content",
    "ready",
)
LOOP = ("plan_edit", "edit_roadmap")
LABELS: dict[str, Any] = {
    "request": _("Goal"),
    "analyze_intent": _("Understand"),
    "design_curriculum": _("Design"),
    "validate_structure": _("Check"),
    "human_review": _("Review"),
    "content": _("Write content"),
    "ready": _("Ready"),
    "plan_edit": _("Plan an edit"),
    "edit_roadmap": _("Edit the plan"),
}
STATES: dict[str, Any] = {
    "done": _("done"),
    "active": _("running now"),
    "waiting": _("waiting for a worker"),
    "paused": _("waiting for a reviewer"),
    "failed": _("stopped here"),
    "idle": _("not yet"),
}
FLOW_EVENTS = ("node_started", "node_finished", "review_decided", "changes_asked", "plan_approved")
AFTER_LOOP = ("validate_structure", "human_review", "content", "ready")
# The last node of the main line that is surely behind a roadmap in this state, whatever its log
# still holds.
BEHIND = {S.AWAITING_REVIEW: 4, S.REJECTED: 4, S.GENERATING: 5, S.PARTIAL: 5, S.READY: 7}


@dataclass
class Walk:
    """What the events tell of the way through the workflow."""

    done: set[str] = field(default_factory=lambda: {"request"})
    at: str = "analyze_intent"  # what runs, or would run next
    automatic: int = 0
    asked_by_person: bool = False
    validated: bool = False

    def take(self, event: dict[str, Any]) -> None:
        name, node = event["event"], event["data"].get("node", "")
        if name == "node_started" and node in LABELS:
            self._enter(node)
        elif name == "node_finished" and node in LABELS:
            self._leave(node)
        elif name == "plan_approved":
            self._enter("content")
        elif name == "changes_asked" or event["data"].get("decision") == "CHANGES_REQUESTED":
            self._enter("plan_edit")
            self.asked_by_person = True
        elif event["data"].get("decision") == "APPROVED":
            self._enter("content")

    def _enter(self, node: str) -> None:
        after = (
            (*LOOP[LOOP.index(node) :], *AFTER_LOOP) if node in LOOP else MAIN[MAIN.index(node) :]
        )
        self.done -= set(after)
        self.done |= set(MAIN[: MAIN.index("validate_structure" if node in LOOP else node)])
        self.at = node

    def _leave(self, node: str) -> None:
        self.done.add(node)
        if node == "validate_structure":
            self.validated = True
        elif node == "edit_roadmap":
            # A node that runs again after a crash is told twice, and is one round.
            self.automatic += self.validated and not self.asked_by_person
            self.validated = self.asked_by_person = False


@dataclass(frozen=True)
class Flow:
    states: dict[str, str]  # by node
    automatic_rounds: int
    people_rounds: int

    @property
    def nodes(self) -> list[tuple[Any, Any]]:
        """Each node's label and its state in words, for those who don't see the picture."""
        return [(LABELS[name], STATES[state]) for name, state in self.states.items()]


def flow_of(roadmap: Roadmap, events: Iterable[dict[str, Any]], people_rounds: int) -> Flow:
    """`events`: those of FLOW_EVENTS, oldest first."""
    walk = Walk()
    for event in events:
        walk.take(event)
    states = dict.fromkeys(LABELS, "idle") | dict.fromkeys(walk.done, "done")
    status = S(roadmap.status)
    states |= dict.fromkeys(MAIN[: BEHIND.get(status, 0)], "done")
    states |= _here(status, walk.at)
    return Flow(states, walk.automatic, people_rounds)


def _here(status: S, at: str) -> dict[str, str]:
    return {
        S.QUEUED: {at: "waiting"},
        S.RUNNING: {at: "active"},
        S.AWAITING_REVIEW: {"human_review": "paused"},
        S.GENERATING: {"content": "active"},
        S.PARTIAL: {"content": "failed"},
        S.FAILED: {at: "failed"},
        S.CANCELLED: {at: "failed"},
        S.REJECTED: {"human_review": "failed"},
    }.get(status, {})
