"""The state of a roadmap at each node of the workflow, for the fixed picture of the workflow.

The picture is drawn in the templates _flow_wide.html and _flow_narrow.html.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from roadmaps.models import Roadmap
from roadmaps.models import RoadmapStatus as S
from roadmaps.review.decisions import BY_STATUS, Then
from roadmaps.workflow import steps

MAIN = ("request", *steps.MAIN, "content", "ready")
LABELS: dict[str, Any] = {
    "request": _("Goal"),
    **{step.node: _(step.short_label) for step in steps.STEPS},
    "content": _("Write content"),
    "ready": _("Ready"),
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
AFTER_LOOP = MAIN[MAIN.index(steps.LOOP_ENDS_AT) :]
# What is surely done in this state, whatever the roadmap's log still holds.
DONE = {
    S.AWAITING_REVIEW: MAIN[: MAIN.index("human_review")],
    S.REJECTED: MAIN[: MAIN.index("human_review")],
    S.GENERATING: MAIN[: MAIN.index("content")],
    S.PARTIAL: MAIN[: MAIN.index("content")],
    S.READY: MAIN,
}

# The node that a status is about, or "" for the one that the events lead to, and its state.
CURRENT = {
    S.QUEUED: ("", "waiting"),
    S.RUNNING: ("", "active"),
    S.AWAITING_REVIEW: ("human_review", "paused"),
    S.GENERATING: ("content", "active"),
    S.PARTIAL: ("content", "failed"),
    S.FAILED: ("", "failed"),
    S.CANCELLED: ("", "failed"),
    S.REJECTED: ("human_review", "failed"),
}


@dataclass
class Walk:
    """The way through the workflow, as far as its events tell."""

    finished: set[str] = field(default_factory=lambda: {"request"})
    current: str = steps.MAIN[0]  # the node that runs, or would run next
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
        elif name == "changes_asked" or self._then(event) == Then.EDIT:
            self._enter(steps.LOOP[0])
            self.asked_by_person = True
        elif self._then(event) == Then.PUBLISH:
            self._enter("content")

    @staticmethod
    def _then(event: dict[str, Any]) -> Then | None:
        decision = BY_STATUS.get(event["data"].get("decision", ""))
        if decision is None:
            return None
        return decision.then

    def _enter(self, node: str) -> None:
        if node in steps.LOOP:
            earlier = MAIN[: MAIN.index(steps.LOOP_ENDS_AT)]
            later = (*steps.LOOP[steps.LOOP.index(node) :], *AFTER_LOOP)
        else:
            earlier = MAIN[: MAIN.index(node)]
            later = MAIN[MAIN.index(node) :]
        self.finished = (self.finished - set(later)) | set(earlier)
        self.current = node

    def _leave(self, node: str) -> None:
        self.finished.add(node)
        if node == steps.LOOP_ENDS_AT:
            self.validated = True
        elif node == steps.LOOP[-1]:
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
    """The picture's states, from the roadmap and its `events` of FLOW_EVENTS, oldest first."""
    walk = Walk()
    for event in events:
        walk.take(event)
    states = dict.fromkeys(LABELS, "idle") | dict.fromkeys(walk.finished, "done")
    status = S(roadmap.status)
    states |= dict.fromkeys(DONE.get(status, ()), "done")
    if status in CURRENT:
        node, state = CURRENT[status]
        states[node or walk.current] = state
    return Flow(states, walk.automatic, people_rounds)
