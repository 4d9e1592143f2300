"""Edits as operations on ids: what no operation names cannot change, so the diff is exact."""

import copy
from collections.abc import Callable, Set
from typing import Any

from roadmaps.plan import shape
from roadmaps.plan.schemas import LEAST_MINUTES, ConceptPlan, Operation
from roadmaps.plan.shape import Plan

Json = dict[str, Any]
LEAST_STAGES = 2
PREREQUISITES_MOST = 5


class Impossible(Exception):
    """The operation can't be applied; the message says why."""


def apply(
    plan: Plan, operations: list[Operation], *, kept: Set[str] = frozenset(), removable: bool = True
) -> tuple[Plan, list[Json], list[str]]:
    """The new plan, what was applied (with before and after), and a sentence for each operation
    that was skipped.

    `kept`: ids of concepts whose minutes stay; unless `removable`, these concepts stay too.
    """
    plan = copy.deepcopy(plan)
    applied: list[Json] = []
    skipped: list[str] = []
    for operation in operations:
        try:
            plan, entry = apply_one(plan, _sparing(plan, operation, kept, removable))
        except Impossible as exc:
            skipped.append(f"{operation.op} {operation.target}: {exc}")
            continue
        applied.append(entry)
    return plan, applied, skipped


def apply_one(plan: Plan, operation: Operation) -> tuple[Plan, Json]:
    """The new plan, and what was applied. Raises Impossible."""
    changed = copy.deepcopy(plan)
    entry = APPLY[operation.op](changed, operation)
    return changed, {
        "op": operation.op,
        "target": operation.target,
        "reason": operation.reason,
        **entry,
    }


def _sparing(plan: Plan, operation: Operation, kept: Set[str], removable: bool) -> Operation:
    """The operation without the minutes of a kept concept, which models like to give along.

    Raises Impossible when nothing of the operation would be left, or a kept concept would lose its
    minutes or its place otherwise.
    """
    resized = {"merge": operation.into, "split": operation.target}.get(operation.op)
    touched = kept & {resized}

    place = shape.find(plan, operation.target)
    if place and not removable and operation.op in ("remove", "merge"):
        touched |= kept & {part["id"] for part in shape.inside(place[0])}

    if operation.op == "modify" and operation.minutes and operation.target in kept:
        spared = operation.model_copy(update={"minutes": None})
        if _new_values(plan, _find(plan, operation.target)[0], spared):
            return spared
        touched = {operation.target}

    if touched:
        raise Impossible(
            f"a reviewer has set the minutes of {min(touched)} by hand, "
            "and no comment asks to change it"
        )
    return operation


def _find(plan: Plan, part_id: str | None) -> tuple[Json, list[Json]]:
    place = shape.find(plan, part_id or "")
    if place is None:
        raise Impossible(f"there is no part {part_id!r}")
    return place


def _is_concept(part: Json) -> bool:
    return "minutes" in part


def _prerequisites(plan: Plan, names: list[str] | None, concept_id: str) -> list[str]:
    """Ids of the concepts that are named, without those that need `concept_id` themselves.

    Models also name titles.
    """
    needs: dict[str, list[str]] = {}
    by_title: dict[str, str] = {}
    for concept in shape.concepts(plan):
        needs[concept["id"]] = concept["prerequisites"]
        by_title.setdefault(shape.key(concept["title"]), concept["id"])

    ids: list[str] = []
    for name in names or []:
        needed = name if name in needs else by_title.get(shape.key(name))
        if needed and needed not in ids and concept_id not in _reachable(needs, needed):
            ids.append(needed)
    return ids


def _reachable(needs: dict[str, list[str]], start: str) -> set[str]:
    """`start` and all that it needs, directly or not."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        concept_id = waiting.pop()
        if concept_id not in reached:
            reached.add(concept_id)
            waiting += needs.get(concept_id, [])
    return reached


def _entry(title: str, text: str, before: Json | None, after: Json | None) -> Json:
    return {
        "title": title,
        "text": text,
        "before": copy.deepcopy(before),
        "after": copy.deepcopy(after),
    }


def add_concept(plan: Plan, operation: Operation) -> Json:
    module, _ = _find(plan, operation.target)
    if "concepts" not in module:
        raise Impossible("a concept is added to a module")
    concept = _new_concept(plan, operation)
    _insert(module["concepts"], concept, operation.position)
    text = f"Added “{concept['title']}” to “{module['title']}”"
    return _entry(concept["title"], text, None, concept)


def _new_concept(plan: Plan, operation: Operation) -> Json:
    if not (operation.title and operation.summary):
        raise Impossible("a new concept needs a title and a summary")
    new_id = shape.new_id(plan, "c")
    usual: Json = {
        name: field.get_default(call_default_factory=True)
        for name, field in ConceptPlan.model_fields.items()
    }
    usual |= {
        "minutes": 60,
        "difficulty": "beginner",
        "keywords": [operation.title[:60]],
        "outcomes": [operation.summary[:400]],
    }
    concept = {name: getattr(operation, name) or usual[name] for name in shape.CONCEPT_FIELDS}
    concept["prerequisites"] = _prerequisites(plan, operation.prerequisites, new_id)
    return {"id": new_id, **concept}


def _insert(siblings: list[Json], part: Json, position: int | None) -> None:
    siblings.insert(len(siblings) if position is None else position, part)


def remove_part(plan: Plan, operation: Operation) -> Json:
    part, siblings = _find(plan, operation.target)
    siblings.remove(part)
    emptied = _prune(plan)

    remaining = {concept["id"] for concept in shape.concepts(plan)}
    for concept in shape.concepts(plan):
        concept["prerequisites"] = [id for id in concept["prerequisites"] if id in remaining]
    return _entry(part["title"], f"Removed “{part['title']}”{emptied}", part, None)


def _prune(plan: Plan) -> str:
    """Take out the modules and stages that are left empty; returns the end of a sentence that names
    them.
    """
    modules = [module for module in shape.modules(plan) if not module["concepts"]]
    for stage in plan["stages"]:
        stage["modules"] = [module for module in stage["modules"] if module["concepts"]]
    stages = [stage for stage in plan["stages"] if not stage["modules"]]
    plan["stages"] = [stage for stage in plan["stages"] if stage["modules"]]
    if len(plan["stages"]) < LEAST_STAGES:
        raise Impossible(f"the plan would have fewer than {LEAST_STAGES} stages")
    return "".join(f", and “{part['title']}”, which it left empty" for part in modules + stages)


def modify_part(plan: Plan, operation: Operation) -> Json:
    part, _ = _find(plan, operation.target)
    values = _new_values(plan, part, operation)
    changed = {name: value for name, value in values.items() if part.get(name) != value}
    if not changed:
        raise Impossible("it would change nothing")
    # A draft of an earlier release lacks the fields that are newer than it.
    old_values = {name: part.get(name) for name in changed}
    text = f"Changed {', '.join(changed)} of “{part['title']}”"
    part.update(changed)
    return _entry(part["title"], text, old_values, changed)


def _new_values(plan: Plan, part: Json, operation: Operation) -> Json:
    """The fields that the operation sets.

    An empty list means "not set", but for prerequisites, which may all go.
    """
    fields = shape.CONCEPT_FIELDS if _is_concept(part) else shape.PART_FIELDS
    values = {name: getattr(operation, name) for name in fields}
    values = {name: value for name, value in values.items() if value not in (None, [])}
    if _is_concept(part) and operation.prerequisites is not None:
        values["prerequisites"] = _prerequisites(plan, operation.prerequisites, part["id"])
        # If none of those named exists, that is no reason to lose those that do.
        if operation.prerequisites and not values["prerequisites"]:
            del values["prerequisites"]
    return values


def move_part(plan: Plan, operation: Operation) -> Json:
    """Move a part; without `into` it stays with its parent, as a stage always does."""
    part, siblings = _find(plan, operation.target)
    parents = (parent for parent, _ in shape.parts(plan) if part in shape.children(parent))
    home: Any = next(parents, plan)
    into = home
    if operation.into is not None and part not in plan["stages"]:
        into, _ = _find(plan, operation.into)

    old_place = {"into": home["title"], "position": siblings.index(part)}
    siblings.remove(part)
    _insert(_places(plan, part, into), part, operation.position)
    new_place = {"into": into["title"], "position": _places(plan, part, into).index(part)}
    if into is home and old_place == new_place:
        raise Impossible("it would change nothing")

    text = f"Moved “{part['title']}” from “{home['title']}” into “{into['title']}”"
    if into is home:
        text = f"Moved “{part['title']}” within “{home['title']}”"
    return _entry(part["title"], text + _prune(plan), old_place, new_place)


def _places(plan: Plan, part: Json, into: Json) -> list[Json]:
    """The list of `into` that the part may stand in."""
    kind = "stages"
    if _is_concept(part):
        kind = "concepts"
    elif "concepts" in part:
        kind = "modules"
    places: list[Json] | None = into.get(kind)
    if places is None:
        raise Impossible("a concept is moved into a module, a module into a stage")
    return places


def merge_concepts(plan: Plan, operation: Operation) -> Json:
    part, siblings = _find(plan, operation.target)
    into, _ = _find(plan, operation.into)
    if part is into or not (_is_concept(part) and _is_concept(into)):
        raise Impossible("a concept is merged into another concept")
    siblings.remove(part)
    into["minutes"] += part["minutes"]
    into["outcomes"] = list(dict.fromkeys(into["outcomes"] + part["outcomes"]))[:5]
    into["keywords"] = list(dict.fromkeys(into["keywords"] + part["keywords"]))[:8]

    # What needed `part` needs `into`.
    for concept in shape.concepts(plan):
        needed = [into["id"] if id == part["id"] else id for id in concept["prerequisites"]]
        concept["prerequisites"] = [id for id in dict.fromkeys(needed) if id != concept["id"]]
    # It needs what both needed, unless that closed a circle.
    both = into["prerequisites"] + part["prerequisites"]
    into["prerequisites"] = []
    into["prerequisites"] = _prerequisites(plan, both, into["id"])[:PREREQUISITES_MOST]

    text = f"Merged “{part['title']}” into “{into['title']}”{_prune(plan)}"
    return _entry(part["title"], text, part, into)


def split_concept(plan: Plan, operation: Operation) -> Json:
    part, siblings = _find(plan, operation.target)
    if not _is_concept(part):
        raise Impossible("only a concept can be split")
    if part["minutes"] < 2 * LEAST_MINUTES:
        raise Impossible(f"a half would have less than {LEAST_MINUTES} minutes")
    whole = copy.deepcopy(part)
    second = _new_concept(plan, operation)
    second["minutes"] = part["minutes"] // 2
    second["difficulty"] = operation.difficulty or part["difficulty"]
    second["prerequisites"] = [part["id"]]
    part["minutes"] -= second["minutes"]
    siblings.insert(siblings.index(part) + 1, second)
    text = f"Split “{part['title']}”: “{second['title']}” is a concept of its own"
    return _entry(part["title"], text, whole, second)


APPLY: dict[str, Callable[[Plan, Operation], Json]] = {
    "add": add_concept,
    "remove": remove_part,
    "modify": modify_part,
    "move": move_part,
    "merge": merge_concepts,
    "split": split_concept,
}
