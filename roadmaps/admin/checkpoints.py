"""The page of a thread's checkpoints: what each one is, and what going back to it would do."""

from typing import Any

from django.conf import settings

from roadmaps.models import ModelCall, Roadmap, RoadmapStatus
from roadmaps.runs.time_travel import Checkpoint, page_of_history, why_not
from roadmaps.workflow.steps import STEPS, Resumption

START = Resumption(
    "Goal received",
    "Nothing was done yet. To begin anew, go back to the point after this one.",
    "",
)
# The node that would run next → what stands before it.
RESUMPTIONS = {"__start__": START, **{step.node: step.resumption for step in STEPS}}
END = Resumption("The end", "The plan was approved, so nothing comes after it.", "")
UNKNOWN = Resumption(
    "A step of another version",
    "This version of Cairn doesn’t have it.",
    "The run goes on from there.",
)
# Parts of the state as a person calls them; what isn't here only counts.
PARTS = {
    "request": "the request",
    "intent": "the goal made precise",
    "plan": "the plan",
    "report": "what the check found",
    "operations": "the list of changes",
    "skipped": "changes that couldn’t be made",
    "decision": "a decision",
    "comment": "a comment",
    "edit_plan": "what should change",
}


def page_of(roadmap: Roadmap, before: str, *, may_run: bool) -> dict[str, Any]:
    """`before`: the checkpoint that the page before ended with."""
    history = page_of_history(roadmap, before)
    problem = why_not(roadmap)
    rows = [_row(checkpoint) for checkpoint in history.checkpoints]
    if rows and not before:
        rows[0]["is_newest"] = True
    return {
        "roadmap": roadmap,
        "rows": rows,
        "older": history.older,
        "is_first_page": not before,
        "may_run": may_run,
        "problem": problem,
        "may_go_back": may_run and not problem,
        "was_pruned": not rows and not before and _has_begun(roadmap),
        "prune_days": settings.PRUNE_AFTER_DAYS,
        "calls": ModelCall.objects.filter(thread_id=roadmap.thread_id).count(),
    }


def _row(checkpoint: Checkpoint) -> dict[str, Any]:
    step = RESUMPTIONS.get(checkpoint.next[0], UNKNOWN) if checkpoint.next else END
    return {
        "checkpoint": checkpoint,
        "step": step,
        "changed": [PARTS[name] for name in checkpoint.changed if name in PARTS],
        "is_fork": checkpoint.source == "fork",
        "is_newest": False,
        "can_be_chosen": bool(checkpoint.next) and not checkpoint.is_start,
    }


def _has_begun(roadmap: Roadmap) -> bool:
    return roadmap.graph_version is not None and roadmap.status != RoadmapStatus.QUEUED
