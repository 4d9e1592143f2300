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
    set_now = set()
    for entry in applied:
        values = entry["after"] or {}
        if "minutes" in values:
            # An added concept's id is new, so the operation names only the module that it was
            # added to.
            set_now.add(values.get("id", entry["target"]))
    for concept in shape.concepts(plan):
        if concept["id"] in set_now:
            concept[MARK] = True


def kept(plan: Plan, comment: str = "", parts: Iterable[str] = ()) -> frozenset[str]:
    """Ids of the concepts whose minutes stay: marked, and neither named in the comment nor among
    its `parts`.

    A comment on a stage or a module is one on each of its concepts.
    """
    text = shape.key(comment)
    part_ids = set(parts)
    commented: set[str] = set()
    for part, _ in shape.parts(plan):
        if part["id"] in part_ids or shape.key(part["title"]) in text:
            commented.update(inner["id"] for inner in shape.inside(part))
    marked = {concept["id"] for concept in shape.concepts(plan) if concept.get(MARK)}
    return frozenset(marked - commented)


def leave_no_room(plan: Plan, least: float, most: float) -> bool:
    """Whether no change of other concepts' minutes brings the plan between `least` and `most`."""
    fixed = [concept["minutes"] for concept in shape.concepts(plan) if concept.get(MARK)]
    if not fixed:
        return False
    free = sum(1 for _ in shape.concepts(plan)) - len(fixed)
    shortest = sum(fixed) + free * LEAST_MINUTES
    longest = sum(fixed) + free * MOST_MINUTES
    return shortest > most or longest < least
