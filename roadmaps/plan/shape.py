"""The plan as JSON: ids, order and links are made here, never by a model."""

from collections.abc import Iterator
from typing import Any

from roadmaps.plan.schemas import ConceptPlan, Curriculum

Json = dict[str, Any]


def from_curriculum(curriculum: Curriculum) -> Json:
    """Ids are numbered once and never used again: `next_id` counts on through every edit."""
    plan: Json = {
        "title": curriculum.title,
        "summary": curriculum.summary,
        "next_id": 1,
        "stages": [],
    }
    ids: dict[str, str] = {}
    for stage in curriculum.stages:
        stage_json: Json = {
            "id": new_id(plan, "s"),
            "title": stage.title,
            "summary": stage.summary,
            "modules": [],
        }
        plan["stages"].append(stage_json)
        for module in stage.modules:
            module_json: Json = {
                "id": new_id(plan, "m"),
                "title": module.title,
                "summary": module.summary,
            }
            module_json["concepts"] = [_concept(plan, concept, ids) for concept in module.concepts]
            stage_json["modules"].append(module_json)
    return plan


def new_id(plan: Json, prefix: str) -> str:
    number = plan["next_id"]
    plan["next_id"] = number + 1
    return f"{prefix}{number}"


def _concept(plan: Json, concept: ConceptPlan, ids: dict[str, str]) -> Json:
    """Prerequisites that name no earlier concept are dropped: they would lead nowhere."""
    known = [ids[key(title)] for title in concept.prerequisites if key(title) in ids]
    made = {
        "id": new_id(plan, "c"),
        **concept.model_dump(),
        "prerequisites": list(dict.fromkeys(known)),
    }
    ids.setdefault(key(concept.title), made["id"])
    return made


def key(title: str) -> str:
    """Titles that differ only in case or spaces are one title."""
    return " ".join(title.casefold().split())


def modules(plan: Json) -> Iterator[Json]:
    for stage in plan["stages"]:
        yield from stage["modules"]


def concepts(plan: Json) -> Iterator[Json]:
    """In reading order."""
    for module in modules(plan):
        yield from module["concepts"]


def minutes(plan: Json) -> int:
    return sum(concept["minutes"] for concept in concepts(plan))


def parts(plan: Json) -> Iterator[tuple[Json, list[Json]]]:
    """Every stage, module and concept with the list that it stands in."""
    for stage in plan["stages"]:
        yield stage, plan["stages"]
        for module in stage["modules"]:
            yield module, stage["modules"]
            for concept in module["concepts"]:
                yield concept, module["concepts"]


def inside(part: Json) -> Iterator[Json]:
    """The part itself, and all that stands in it."""
    yield part
    for child in part.get("modules") or part.get("concepts") or []:
        yield from inside(child)


def find(plan: Json, part_id: str) -> tuple[Json, list[Json]] | None:
    return next((found for found in parts(plan) if found[0]["id"] == part_id), None)
