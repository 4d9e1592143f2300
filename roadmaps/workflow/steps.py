"""Steps of the workflow: one row for each node of the graph.

The graph, the timeline, the picture, the estimate and the roles of the models follow from these
rows. What can't follow from them is compared with them in tests/workflow/test_steps.py.
"""

from dataclasses import dataclass
from typing import Literal

from roadmaps.sentences import Sentence


@dataclass(frozen=True)
class Resumption:
    """The checkpoint before a node, in the staff's English, and what going back to it does."""

    title: str
    meaning: str
    again: str


@dataclass(frozen=True)
class Step:
    node: str  # a function of roadmaps.workflow.nodes
    role: str  # the model's, with instructions in prompts/<role>.md; empty: asks no model
    label: Sentence  # while it runs, in the timeline
    short_label: Sentence  # in the picture of the workflow
    place: Literal["main", "loop"]  # the loop leads from the check and the review to the check
    resumption: Resumption
    seconds: int = 0  # of one call, until there are recent ones of the same model


# In the order in which a thread comes through them.
STEPS = (
    Step(
        "analyze_intent",
        "intent",
        Sentence("Understanding the goal"),
        Sentence("Understand"),
        "main",
        Resumption(
            "Before the goal is made precise",
            "The request is known; no model was asked.",
            "The goal is made precise again, and a new plan is designed and checked.",
        ),
        seconds=8,
    ),
    Step(
        "design_curriculum",
        "curriculum",
        Sentence("Designing the plan"),
        Sentence("Design"),
        "main",
        Resumption(
            "Before the plan is designed",
            "The goal is precise: outcome, topics, gaps.",
            "The goal stays as it was made precise; a new plan is designed and checked.",
        ),
        seconds=60,
    ),
    Step(
        "validate_structure",
        "validation",
        Sentence("Checking the plan"),
        Sentence("Check"),
        "main",
        Resumption(
            "Before the plan is checked",
            "There is a plan that the rules and the critique haven’t read.",
            "This plan stays; it is checked again, and improved if the check finds something.",
        ),
        seconds=25,
    ),
    Step(
        "human_review",
        "",
        Sentence("Handing the plan to a reviewer"),
        Sentence("Review"),
        "main",
        Resumption(
            "Before the review",
            "The plan is designed and checked.",
            "No model is asked: this plan goes to a reviewer as it was.",
        ),
    ),
    Step(
        "plan_edit",
        "",
        Sentence("Working out what to change"),
        Sentence("Plan an edit"),
        "loop",
        Resumption(
            "Before changes are worked out",
            "The plan is to change: for the check's findings, or because a person asked.",
            "What should change is worked out again, done, and checked.",
        ),
    ),
    Step(
        "edit_roadmap",
        "edit",
        Sentence("Changing the plan"),
        Sentence("Edit the plan"),
        "loop",
        Resumption(
            "Before changes are made",
            "It’s known what should change; the plan is still as it was.",
            "The changes are made again, and the plan is checked.",
        ),
        seconds=25,
    ),
)
APPROVAL_ROLE = "validation"  # of the second opinion by which a plan is approved without a person
MAIN = tuple(step.node for step in STEPS if step.place == "main")
LOOP = tuple(step.node for step in STEPS if step.place == "loop")
LOOP_ENDS_AT = "validate_structure"
LABELS = {step.node: step.label for step in STEPS}
SECONDS = {step.role: step.seconds for step in STEPS if step.role}


def usual_roles() -> list[str]:
    """The role of each model call of a design that needs one automatic round, as most do."""
    again = MAIN[MAIN.index(LOOP_ENDS_AT) :]
    roles = {step.node: step.role for step in STEPS}
    return [roles[node] for node in (*MAIN, *LOOP, *again) if roles[node]]
