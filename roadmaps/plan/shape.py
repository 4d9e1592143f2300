"""Shape of a plan as JSON: its parts with their fields, and how they are numbered and found.

Ids, order and links are made here, never by a model. The same plan exists as rows of
roadmaps.models.plan; roadmaps.runs.publishing turns one into the other. tests/plan/test_shape.py
compares every field of a concept with all that names it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

if TYPE_CHECKING:  # pydantic, which only those who talk to a model need
    from roadmaps.plan.schemas import Curriculum


class Concept(TypedDict):
    id: str
    title: str
    summary: str
    minutes: int
    difficulty: str
    prerequisites: list[str]  # ids of concepts
    keywords: list[str]
    outcomes: list[str]
    minutes_by_hand: NotRequired[bool]  # see roadmaps.plan.pinned_minutes


class Module(TypedDict):
    id: str
    title: str
    summary: str
    concepts: list[Concept]


class Stage(TypedDict):
    id: str
    title: str
    summary: str
    modules: list[Module]


class Plan(TypedDict):
    title: str
    summary: str
    next_id: int  # numbers are never used again, so it counts on through every edit
    stages: list[Stage]


Severity = Literal["critical", "warning", "suggestion"]


class Issue(TypedDict):
    """A problem of a part of a plan, as the rules, the critique or a reviewer state it."""

    code: NotRequired[str]  # those of the first release's critique lack it
    severity: Severity
    dimension: str
    location: str  # id of a part; empty: the whole plan
    message: str
    suggestion: str
    source: Literal["rules", "critique", "edit"]


class Report(TypedDict):
    """The result of the validation of a plan."""

    issues: list[Issue]
    scores: list[dict[str, Any]]  # dimension, score and reason
    score: int  # of 100
    minutes: int
    budget_minutes: int
    skipped: list[str]  # sentences about operations that could not be applied
    # By a critic that saw none of the learner's words; only where a plan may be approved by it.
    approval_score: NotRequired[int]
    critique_of: NotRequired[int]  # number of the draft that the critique has read


PART_FIELDS = ("title", "summary")
NOT_WRITTEN = {"id", "minutes_by_hand"}  # by a model
CONCEPT_FIELDS = tuple(name for name in Concept.__annotations__ if name not in NOT_WRITTEN)
# What a row keeps in a column of its own; prerequisites are links.
COLUMNS = tuple(name for name in CONCEPT_FIELDS if name != "prerequisites")
NOT_IN_FORMS = ("keywords",)  # only a model writes them


def from_curriculum(curriculum: "Curriculum") -> Plan:
    """A model's answer as a plan.

    Prerequisites that name no earlier concept are dropped: they would lead nowhere.
    """
    plan: Plan = {
        "title": curriculum.title,
        "summary": curriculum.summary,
        "next_id": 1,
        "stages": [],
    }
    ids: dict[str, str] = {}
    for stage in curriculum.stages:
        stage_part = _part(plan, "s", stage) | {"modules": []}
        plan["stages"].append(stage_part)
        for module in stage.modules:
            module_part = _part(plan, "m", module) | {"concepts": []}
            stage_part["modules"].append(module_part)
            for concept in module.concepts:
                earlier = [ids[key(name)] for name in concept.prerequisites if key(name) in ids]
                part = {"id": new_id(plan, "c"), **concept.model_dump()}
                part["prerequisites"] = list(dict.fromkeys(earlier))
                ids.setdefault(key(concept.title), part["id"])
                module_part["concepts"].append(part)
    return plan


def _part(plan: Plan, prefix: str, answer: Any) -> Any:
    return {"id": new_id(plan, prefix), "title": answer.title, "summary": answer.summary}


def new_id(plan: Plan, prefix: str) -> str:
    number = plan["next_id"]
    plan["next_id"] = number + 1
    return f"{prefix}{number}"


def key(title: str) -> str:
    """The text to compare titles by: those that differ only in case or spaces are the same."""
    return " ".join(title.casefold().split())


def modules(plan: Plan) -> Iterator[Module]:
    for stage in plan["stages"]:
        yield from stage["modules"]


def concepts(plan: Plan) -> Iterator[Concept]:
    """The concepts in reading order."""
    for module in modules(plan):
        yield from module["concepts"]


def minutes(plan: Plan) -> int:
    return sum(concept["minutes"] for concept in concepts(plan))


def minutes_of(part: Any) -> int:
    """The minutes of a stage, a module or a concept."""
    return sum(inner["minutes"] for inner in inside(part) if "minutes" in inner)


def parts(plan: Plan) -> Iterator[tuple[Any, list[Any]]]:
    """Every stage, module and concept with the list that it stands in."""
    for stage in plan["stages"]:
        yield stage, plan["stages"]
        for module in stage["modules"]:
            yield module, stage["modules"]
            for concept in module["concepts"]:
                yield concept, module["concepts"]


def titles(plan: Plan) -> dict[str, str]:
    """The title of every part, by its id."""
    return {part["id"]: part["title"] for part, _ in parts(plan)}


def children(part: Any) -> list[Any]:
    """The parts that stand directly in a plan, a stage or a module."""
    inner: list[Any] = part.get("stages") or part.get("modules") or part.get("concepts") or []
    return inner


def inside(part: Any) -> Iterator[Any]:
    """The part itself, and all that stands in it."""
    yield part
    for child in children(part):
        yield from inside(child)


def find(plan: Plan, part_id: str) -> tuple[Any, list[Any]] | None:
    return next((place for place in parts(plan) if place[0]["id"] == part_id), None)
