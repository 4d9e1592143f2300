"""Minutes that a person has set: a model changes them only where it is asked to.

The mark stands at the concept in the plan itself, so it goes wherever the plan goes; a plan
without marks has none.
"""

from collections.abc import Iterable
from typing import Any, Final

from roadmaps.plan import shape
from roadmaps.plan.schemas import LEAST_MINUTES, MOST_MINUTES
from roadmaps.plan.shape import Plan

Json = dict[str, Any]
MARK: Final = "minutes_by_hand"


def mark(plan: Plan, applied: list[Json]) -> None:
    """Mark what a person's operations, as they were applied, set the minutes of."""
    set_now = {_concept_of(entry) for entry in applied if "minutes" in (entry["after"] or {})}
    for concept in shape.concepts(plan):
        if concept["id"] in set_now:
            concept[MARK] = True


def _concept_of(entry: Json) -> str:
    """An added concept's id is new, so the operation names only the module that it was added to."""
    concept: str = entry["after"].get("id", entry["target"])
    return concept


def kept(plan: Plan, comment: str = "", parts: Iterable[str] = ()) -> frozenset[str]:
    """Ids of the concepts whose minutes stay: marked, and neither named in the comment nor among
    its `parts`.

    A comment on a stage or a module is one on each of its concepts.
    """
    words, pointed = shape.key(comment), set(parts)
    about = [
        part
        for part, _ in shape.parts(plan)
        if part["id"] in pointed or shape.key(part["title"]) in words
    ]
    asked = {one["id"] for part in about for one in shape.inside(part)}
    return frozenset(
        one["id"] for one in shape.concepts(plan) if one.get(MARK) and one["id"] not in asked
    )


def leave_no_room(plan: Plan, least: float, most: float) -> bool:
    """Whether no change of the other concepts' minutes brings the plan between `least` and `most`."""
    fixed = [one["minutes"] for one in shape.concepts(plan) if one.get(MARK)]
    free = sum(1 for _ in shape.concepts(plan)) - len(fixed)
    return bool(fixed) and not (
        sum(fixed) + free * LEAST_MINUTES <= most and least <= sum(fixed) + free * MOST_MINUTES
    )
