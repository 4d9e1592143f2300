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
    """Without the minutes of a kept concept, which models like to give along. Raises Impossible."""
    touched = kept & {{"merge": operation.into, "split": operation.target}.get(operation.op)}
    if not removable:
        touched |= kept & _taken_out(plan, operation)
    if operation.op == "modify" and operation.minutes and operation.target in kept:
        spared = operation.model_copy(update={"minutes": None})
        if _wanted(plan, _find(plan, operation.target)[0], spared):
            return spared
        touched = {operation.target}
    if touched:
        raise Impossible(
            f"a reviewer has set the minutes of {min(touched)} by hand, "
            "and no comment asks to change it"
        )
    return operation


def _taken_out(plan: Plan, operation: Operation) -> set[str]:
    """Ids of what would not be in the plan any more."""
    found = shape.find(plan, operation.target) if operation.op in ("remove", "merge") else None
    return {part["id"] for part in shape.inside(found[0])} if found else set()


def _find(plan: Plan, part_id: str | None) -> tuple[Json, list[Json]]:
    found = shape.find(plan, part_id or "")
    if found is None:
        raise Impossible(f"there is no part {part_id!r}")
    return found


def _is_concept(part: Json) -> bool:
    return "minutes" in part


def _known(plan: Plan, named: list[str] | None, own: str) -> list[str]:
    """Ids of the concepts that were named, without those that need `own` themselves.

    Models also name titles.
    """
    by_title = {
        shape.key(concept["title"]): concept["id"]
        for concept in reversed(list(shape.concepts(plan)))
    }
    needs = {concept["id"]: concept["prerequisites"] for concept in shape.concepts(plan)}
    ids = [one if one in needs else by_title.get(shape.key(one), "") for one in named or []]
    return [one for one in dict.fromkeys(ids) if one and own not in _reachable(needs, one)]


def _reachable(needs: dict[str, list[str]], start: str) -> set[str]:
    """`start` and all that it needs, directly or not."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += needs.get(one, [])
    return seen


def _entry(title: str, text: str, before: Json | None, after: Json | None) -> Json:
    return {
        "title": title,
        "text": text,
        "before": copy.deepcopy(before),
        "after": copy.deepcopy(after),
    }


def _add(plan: Plan, operation: Operation) -> Json:
    module, _ = _find(plan, operation.target)
    if "concepts" not in module:
        raise Impossible("a concept is added to a module")
    concept = _new_concept(plan, operation)
    _insert(module["concepts"], concept, operation.position)
    return _entry(
        concept["title"], f"Added “{concept['title']}” to “{module['title']}”", None, concept
    )


def _new_concept(plan: Plan, operation: Operation) -> Json:
    if not (operation.title and operation.summary):
        raise Impossible("a new concept needs a title and a summary")
    new_id = shape.new_id(plan, "c")
    usual: Json = {
        name: field.get_default(call_default_factory=True)
        for name, field in ConceptPlan.model_fields.items()
    } | {
        "minutes": 60,
        "difficulty": "beginner",
        "keywords": [operation.title[:60]],
        "outcomes": [operation.summary[:400]],
    }
    concept = {name: getattr(operation, name) or usual[name] for name in shape.CONCEPT_FIELDS}
    concept["prerequisites"] = _known(plan, operation.prerequisites, new_id)
    return {"id": new_id, **concept}


def _insert(siblings: list[Json], part: Json, position: int | None) -> None:
    siblings.insert(len(siblings) if position is None else min(position, len(siblings)), part)


def _remove(plan: Plan, operation: Operation) -> Json:
    part, siblings = _find(plan, operation.target)
    siblings.remove(part)
    emptied = _prune(plan)
    _drop_dangling(plan)
    return _entry(part["title"], f"Removed “{part['title']}”{emptied}", part, None)


def _prune(plan: Plan) -> str:
    """Take out the modules and stages that are left empty; the words that tell of it."""
    modules = [module for module in shape.modules(plan) if not module["concepts"]]
    for stage in plan["stages"]:
        stage["modules"] = [module for module in stage["modules"] if module["concepts"]]
    stages = [stage for stage in plan["stages"] if not stage["modules"]]
    plan["stages"] = [stage for stage in plan["stages"] if stage["modules"]]
    if len(plan["stages"]) < LEAST_STAGES:
        raise Impossible(f"the plan would have fewer than {LEAST_STAGES} stages")
    return "".join(f", and “{part['title']}”, which it left empty" for part in modules + stages)


def _drop_dangling(plan: Plan) -> None:
    known = {concept["id"] for concept in shape.concepts(plan)}
    for concept in shape.concepts(plan):
        concept["prerequisites"] = [one for one in concept["prerequisites"] if one in known]


def _modify(plan: Plan, operation: Operation) -> Json:
    part, _ = _find(plan, operation.target)
    wanted = _wanted(plan, part, operation)
    changed = {name: value for name, value in wanted.items() if part[name] != value}
    if not changed:
        raise Impossible("it would change nothing")
    before = {name: part[name] for name in changed}
    text = f"Changed {', '.join(changed)} of “{part['title']}”"
    part.update(changed)
    return _entry(part["title"], text, before, changed)


def _wanted(plan: Plan, part: Json, operation: Operation) -> Json:
    """The fields that were given.

    An empty list means "not given", but for prerequisites, which may all go.
    """
    fields = shape.CONCEPT_FIELDS if _is_concept(part) else shape.PART_FIELDS
    wanted = {
        name: value for name in fields if (value := getattr(operation, name)) not in (None, [])
    }
    if _is_concept(part) and operation.prerequisites is not None:
        wanted["prerequisites"] = _known(plan, operation.prerequisites, part["id"])
        if operation.prerequisites and not wanted["prerequisites"]:
            del wanted["prerequisites"]  # none of them exists: no reason to lose those that do
    return wanted


def _move(plan: Plan, operation: Operation) -> Json:
    """Without `into` the part stays with its parent, as a stage always does."""
    part, siblings = _find(plan, operation.target)
    home = _parent(plan, part)
    into = (
        home if operation.into is None or part in plan["stages"] else _find(plan, operation.into)[0]
    )
    before = {"into": home["title"], "position": siblings.index(part)}
    siblings.remove(part)
    _insert(_places(plan, part, into), part, operation.position)
    after = {"into": into["title"], "position": _places(plan, part, into).index(part)}
    if into is home and before == after:
        raise Impossible("it would change nothing")
    where = (
        f"within “{home['title']}”"
        if into is home
        else f"from “{home['title']}” into “{into['title']}”"
    )
    return _entry(part["title"], f"Moved “{part['title']}” {where}{_prune(plan)}", before, after)


def _parent(plan: Plan, part: Json) -> Any:
    """The stage or module that holds the part; the plan itself for a stage."""
    holders = (holder for holder, _ in shape.parts(plan) if part in shape.children(holder))
    return next(holders, plan)


def _places(plan: Plan, part: Json, into: Json) -> list[Json]:
    """The list of `into` that the part may stand in."""
    kind = "concepts" if _is_concept(part) else "modules" if "concepts" in part else "stages"
    places: list[Json] | None = into.get(kind)
    if places is None:
        raise Impossible("a concept is moved into a module, a module into a stage")
    return places


def _merge(plan: Plan, operation: Operation) -> Json:
    part, siblings = _find(plan, operation.target)
    into, _ = _find(plan, operation.into)
    if part is into or not (_is_concept(part) and _is_concept(into)):
        raise Impossible("a concept is merged into another concept")
    siblings.remove(part)
    _take_over(into, part)
    _rewire(plan, part, into)
    return _entry(
        part["title"], f"Merged “{part['title']}” into “{into['title']}”{_prune(plan)}", part, into
    )


def _take_over(into: Json, part: Json) -> None:
    into["minutes"] += part["minutes"]
    into["outcomes"] = list(dict.fromkeys(into["outcomes"] + part["outcomes"]))[:5]
    into["keywords"] = list(dict.fromkeys(into["keywords"] + part["keywords"]))[:8]


def _rewire(plan: Plan, part: Json, into: Json) -> None:
    """Who needed `part` needs `into`, which needs what both needed, unless that closed a circle."""
    for concept in shape.concepts(plan):
        wired = [into["id"] if one == part["id"] else one for one in concept["prerequisites"]]
        concept["prerequisites"] = [one for one in dict.fromkeys(wired) if one != concept["id"]]
    both = into["prerequisites"] + part["prerequisites"]
    into["prerequisites"] = []
    into["prerequisites"] = _known(plan, both, into["id"])[:PREREQUISITES_MOST]


def _split(plan: Plan, operation: Operation) -> Json:
    part, siblings = _find(plan, operation.target)
    if not _is_concept(part):
        raise Impossible("only a concept can be split")
    if part["minutes"] < 2 * LEAST_MINUTES:
        raise Impossible(f"a half would have less than {LEAST_MINUTES} minutes")
    before = copy.deepcopy(part)
    half = {
        "minutes": part["minutes"] // 2,
        "difficulty": operation.difficulty or part["difficulty"],
    }
    second = _new_concept(plan, operation) | half | {"prerequisites": [part["id"]]}
    part["minutes"] -= second["minutes"]
    siblings.insert(siblings.index(part) + 1, second)
    text = f"Split “{part['title']}”: “{second['title']}” is a concept of its own"
    return _entry(part["title"], text, before, second)


APPLY: dict[str, Callable[[Plan, Operation], Json]] = {
    "add": _add,
    "remove": _remove,
    "modify": _modify,
    "move": _move,
    "merge": _merge,
    "split": _split,
}
