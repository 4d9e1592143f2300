"""The page of a thread's checkpoints: what each one is, and what going back to it would do."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from roadmaps.models import ModelCall, Roadmap, RoadmapStatus
from roadmaps.runs.time_travel import Checkpoint, page_of_history, why_not


@dataclass(frozen=True)
class Step:
    """What a checkpoint before a node is, and what going back to it has done again."""

    title: str
    meaning: str
    again: str


# The node that would run next → what stands before it.
STEPS = {
    "__start__": Step(
        "Goal received",
        "Nothing was done yet. To begin anew, go back to the point after this one.",
        "",
    ),
    "analyze_intent": Step(
        "Before the goal is made precise",
        "The request is known; no model was asked.",
        "The goal is made precise again, and a new plan is designed and checked.",
    ),
    "design_curriculum": Step(
        "Before the plan is designed",
        "The goal is precise: outcome, topics, gaps.",
        "The goal stays as it was made precise; a new plan is designed and checked.",
    ),
    "validate_structure": Step(
        "Before the plan is checked",
        "There is a plan that the rules and the critique haven’t read.",
        "This plan stays; it is checked again, and improved if the check finds something.",
    ),
    "plan_edit": Step(
        "Before changes are worked out",
        "The plan is to change: for the check's findings, or because a person asked.",
        "What should change is worked out again, done, and checked.",
    ),
    "edit_roadmap": Step(
        "Before changes are made",
        "It’s known what should change; the plan is still as it was.",
        "The changes are made again, and the plan is checked.",
    ),
    "human_review": Step(
        "Before the review",
        "The plan is designed and checked.",
        "No model is asked: this plan goes to a reviewer as it was.",
    ),
}
END = Step("The end", "The plan was approved, so nothing comes after it.", "")
UNKNOWN = Step(
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
    step = STEPS.get(checkpoint.next[0], UNKNOWN) if checkpoint.next else END
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
