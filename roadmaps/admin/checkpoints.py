"""Page of a thread's checkpoints: the step of each, and what going back to it would do."""

from typing import Any

from django.conf import settings

from roadmaps.models import ModelCall, Roadmap, RoadmapStatus
from roadmaps.runs.time_travel import page_of_history, why_not
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


def page_of(roadmap: Roadmap, last_id: str, *, may_run: bool) -> dict[str, Any]:
    """Context of the page after the checkpoint `last_id`, or of the first page when it is empty."""
    history = page_of_history(roadmap, last_id)
    problem = why_not(roadmap)
    is_first_page = not last_id
    rows = []
    for number, checkpoint in enumerate(history.checkpoints):
        step = END
        if checkpoint.next:
            step = RESUMPTIONS.get(checkpoint.next[0], UNKNOWN)
        row = {
            "checkpoint": checkpoint,
            "step": step,
            "changed": [PARTS[name] for name in checkpoint.changed if name in PARTS],
            "is_fork": checkpoint.source == "fork",
            "is_newest": is_first_page and number == 0,
            "can_be_chosen": bool(checkpoint.next) and not checkpoint.is_start,
        }
        rows.append(row)

    has_begun = roadmap.graph_version is not None and roadmap.status != RoadmapStatus.QUEUED
    return {
        "roadmap": roadmap,
        "rows": rows,
        "older": history.older,
        "is_first_page": is_first_page,
        "may_run": may_run,
        "problem": problem,
        "may_go_back": may_run and not problem,
        "was_pruned": is_first_page and not rows and has_begun,
        "prune_days": settings.PRUNE_AFTER_DAYS,
        "calls": ModelCall.objects.filter(thread_id=roadmap.thread_id).count(),
    }
