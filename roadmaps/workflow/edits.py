"""Edits as operations on ids: what no operation names cannot change, so the diff is exact."""

import copy
from collections.abc import Callable
from typing import Any

from roadmaps.workflow import plans
from roadmaps.workflow.schemas import Operation

Json = dict[str, Any]
FIELDS = ("title", "summary", "minutes", "difficulty", "prerequisites", "keywords", "outcomes")
PART_FIELDS = ("title", "summary")
LEAST_STAGES = 2


class Impossible(Exception):
    """The operation can't be applied; the message says why."""


def apply(plan: Json, operations: list[Operation]) -> tuple[Json, list[Json], list[str]]:
    """The new plan, what was applied (with before and after), and a sentence for each operation that was skipped."""
    plan = copy.deepcopy(plan)
    applied: list[Json] = []
    skipped: list[str] = []
    for operation in operations:
        changed = copy.deepcopy(plan)
        try:
            entry = APPLY[operation.op](changed, operation)
        except Impossible as exc:
            skipped.append(f"{operation.op} {operation.target}: {exc}")
            continue
        plan = changed
        applied.append({"op": operation.op, "target": operation.target, "reason": operation.reason, **entry})
    return plan, applied, skipped


def _find(plan: Json, part_id: str | None) -> tuple[Json, list[Json]]:
    found = plans.find(plan, part_id or "")
    if found is None:
        raise Impossible(f"there is no part {part_id!r}")
    return found


def _is_concept(part: Json) -> bool:
    return "minutes" in part


def _known(plan: Json, ids: list[str] | None, own: str) -> list[str]:
    known = {concept["id"] for concept in plans.concepts(plan)}
    return [one for one in dict.fromkeys(ids or []) if one in known and one != own]


def _entry(title: str, text: str, before: Json | None, after: Json | None) -> Json:
    return {"title": title, "text": text, "before": copy.deepcopy(before), "after": copy.deepcopy(after)}


def _add(plan: Json, operation: Operation) -> Json:
    module, _ = _find(plan, operation.target)
    if "concepts" not in module:
        raise Impossible("a concept is added to a module")
    if not (operation.title and operation.summary):
        raise Impossible("a new concept needs a title and a summary")
    concept = _new_concept(plan, operation)
    _insert(module["concepts"], concept, operation.position)
    return _entry(concept["title"], f"Added “{concept['title']}” to “{module['title']}”", None, concept)


def _new_concept(plan: Json, operation: Operation) -> Json:
    own = plans.new_id(plan, "c")
    return {
        "id": own,
        "title": operation.title,
        "summary": operation.summary,
        "minutes": operation.minutes or 60,
        "difficulty": operation.difficulty or "beginner",
        "prerequisites": _known(plan, operation.prerequisites, own),
        "keywords": operation.keywords or [str(operation.title)[:60]],
        "outcomes": operation.outcomes or [str(operation.summary)[:400]],
    }


def _insert(siblings: list[Json], part: Json, position: int | None) -> None:
    siblings.insert(len(siblings) if position is None else min(position, len(siblings)), part)


def _remove(plan: Json, operation: Operation) -> Json:
    part, _ = _find(plan, operation.target)
    before = copy.deepcopy(part)
    _take_out(plan, part["id"])
    _drop_dangling(plan)
    return _entry(before["title"], f"Removed “{before['title']}”", before, None)


def _take_out(plan: Json, part_id: str) -> Json:
    """Without the part, and without a module or stage that it leaves empty."""
    part, siblings = _find(plan, part_id)
    siblings.remove(part)
    for stage in plan["stages"]:
        stage["modules"] = [module for module in stage["modules"] if module["concepts"]]
    plan["stages"] = [stage for stage in plan["stages"] if stage["modules"]]
    if len(plan["stages"]) < LEAST_STAGES:
        raise Impossible(f"the plan would have fewer than {LEAST_STAGES} stages")
    return part


def _drop_dangling(plan: Json) -> None:
    known = {concept["id"] for concept in plans.concepts(plan)}
    for concept in plans.concepts(plan):
        concept["prerequisites"] = [one for one in concept["prerequisites"] if one in known]


def _modify(plan: Json, operation: Operation) -> Json:
    part, _ = _find(plan, operation.target)
    fields = FIELDS if _is_concept(part) else PART_FIELDS
    wanted = {name: value for name in fields if (value := getattr(operation, name)) is not None}
    if "prerequisites" in wanted:
        wanted["prerequisites"] = _known(plan, operation.prerequisites, part["id"])
    changed = {name: value for name, value in wanted.items() if part[name] != value}
    if not changed:
        raise Impossible("it would change nothing")
    before = {name: part[name] for name in changed}
    text = f"Changed {', '.join(changed)} of “{part['title']}”"
    part.update(changed)
    return _entry(part["title"], text, before, changed)


def _children(part: Json) -> list[Json]:
    children: list[Json] | None = part.get("concepts", part.get("modules"))
    if children is None:
        raise Impossible("nothing can be moved into a concept")
    return children


def _move(plan: Json, operation: Operation) -> Json:
    part, siblings = _find(plan, operation.target)
    place = {"position": siblings.index(part)}
    if part in plan["stages"]:
        siblings.remove(part)
        _insert(siblings, part, operation.position)
        return _entry(part["title"], f"Moved “{part['title']}”", place, {"position": plan["stages"].index(part)})
    into, _ = _find(plan, operation.into)
    if _is_concept(part) != ("concepts" in into):
        raise Impossible("a concept is moved into a module, a module into a stage")
    siblings.remove(part)
    _insert(_children(into), part, operation.position)
    _forbid_empty(plan)
    after = {"into": into["title"], "position": _children(into).index(part)}
    return _entry(part["title"], f"Moved “{part['title']}” into “{into['title']}”", place, after)


def _forbid_empty(plan: Json) -> None:
    for stage in plan["stages"]:
        if not stage["modules"] or not all(module["concepts"] for module in stage["modules"]):
            raise Impossible(f"“{stage['title']}” would be left with an empty part")


def _merge(plan: Json, operation: Operation) -> Json:
    part, _ = _find(plan, operation.target)
    into, _ = _find(plan, operation.into)
    if part is into or not (_is_concept(part) and _is_concept(into)):
        raise Impossible("a concept is merged into another concept")
    before = copy.deepcopy(part)
    into["minutes"] += part["minutes"]
    into["outcomes"] = (into["outcomes"] + part["outcomes"])[:5]
    into["keywords"] = list(dict.fromkeys(into["keywords"] + part["keywords"]))[:8]
    for concept in plans.concepts(plan):
        wired = [into["id"] if one == part["id"] else one for one in concept["prerequisites"]]
        concept["prerequisites"] = [one for one in dict.fromkeys(wired) if one != concept["id"]]
    _take_out(plan, part["id"])
    return _entry(before["title"], f"Merged “{before['title']}” into “{into['title']}”", before, into)


def _split(plan: Json, operation: Operation) -> Json:
    part, siblings = _find(plan, operation.target)
    if not _is_concept(part):
        raise Impossible("only a concept can be split")
    if not (operation.title and operation.summary) or part["minutes"] < 20:
        raise Impossible("the new half needs a title, a summary and at least 10 minutes")
    before = copy.deepcopy(part)
    second = _new_concept(plan, operation) | {
        "minutes": part["minutes"] // 2,
        "difficulty": part["difficulty"],
        "prerequisites": [part["id"]],
    }
    part["minutes"] -= second["minutes"]
    siblings.insert(siblings.index(part) + 1, second)
    return _entry(
        part["title"], f"Split “{part['title']}”: “{second['title']}” is a concept of its own", before, second
    )


APPLY: dict[str, Callable[[Json, Operation], Json]] = {
    "add": _add,
    "remove": _remove,
    "modify": _modify,
    "move": _move,
    "merge": _merge,
    "split": _split,
}
