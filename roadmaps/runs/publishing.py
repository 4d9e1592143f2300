"""Approved plans as rows of stages, modules and concepts, and rows as a plan."""

from typing import Any

from django.utils.text import slugify

from roadmaps.models import Concept, Module, Roadmap, Stage
from roadmaps.people.numbers import whole_number
from roadmaps.plan import shape
from roadmaps.plan.shape import Plan

SLUG_MAX = 80  # characters; a column holds as many and the longest id
# The columns that the content of a concept rests on.
WRITTEN_FROM = tuple(name for name in shape.COLUMNS if name != "minutes")


def create(roadmap: Roadmap, plan: Plan) -> dict[str, Concept]:
    """The rows of a plan, with as many queries for a large one as for a small one.

    Returns the concepts by id.
    """
    stages: list[Stage] = []
    modules: list[Module] = []
    concepts: dict[str, Concept] = {}
    for stage_order, stage in enumerate(plan["stages"], start=1):
        stages.append(Stage(roadmap=roadmap, **_columns(stage, stage_order)))
        for module_order, module in enumerate(stage["modules"], start=1):
            modules.append(Module(stage=stages[-1], **_columns(module, module_order)))
            for concept in module["concepts"]:
                order = len(concepts) + 1
                concepts[concept["id"]] = _concept(roadmap, modules[-1], concept, order)
    _name(list(concepts.values()), set())
    Stage.objects.bulk_create(stages)
    Module.objects.bulk_create(modules)
    Concept.objects.bulk_create(concepts.values())
    _link(concepts, plan)
    return concepts


def _columns(part: Any, order: int) -> dict[str, Any]:
    return {"key": part["id"], "title": part["title"], "summary": part["summary"], "order": order}


def _concept(roadmap: Roadmap, module: Module, concept: Any, order: int) -> Concept:
    """The row of a concept, without a slug, which depends on its neighbours."""
    # A draft of an earlier release lacks the fields that are newer than it.
    columns = {name: concept[name] for name in shape.COLUMNS if name in concept}
    return Concept(roadmap=roadmap, module=module, key=concept["id"], order=order, **columns)


def _name(concepts: list[Concept], taken: set[str]) -> None:
    """Give each concept its slug, by which learners have it in their bookmarks."""
    for concept in concepts:
        slug = slugify(concept.title, allow_unicode=True)[:SLUG_MAX] or concept.key
        while slug in taken:
            slug = f"{slug[: SLUG_MAX - 1]}-{concept.key}"
        taken.add(slug)
        concept.slug = slug


def update(roadmap: Roadmap, plan: Plan) -> list[int]:
    """Make the rows of a course those of `plan`; returns the ids of kept concepts whose content no
    longer fits.

    What is in both keeps its row, and with it its address and all that a learner has done there.
    """
    # Locked first: a request that saves a note or an answer meanwhile is waited for, or finds that
    # the concept is gone.
    rows = {concept.key: concept for concept in roadmap.concepts.select_for_update()}
    modules = _update_modules(roadmap, plan)
    concepts: dict[str, Concept] = {}
    changed: list[int] = []
    for module in shape.modules(plan):
        for part in module["concepts"]:
            planned = _concept(roadmap, modules[module["id"]], part, len(concepts) + 1)
            row = rows.get(part["id"], planned)
            if any(getattr(row, name) != getattr(planned, name) for name in WRITTEN_FROM):
                changed.append(row.pk)
            for name in ("order", "module", *shape.COLUMNS):
                setattr(row, name, getattr(planned, name))
            concepts[part["id"]] = row

    new = [concept for concept in concepts.values() if not concept.pk]
    old = [concept for concept in concepts.values() if concept.pk]
    Concept.objects.bulk_update(old, ("order", "module", *shape.COLUMNS))
    _name(new, {concept.slug for concept in rows.values()})
    Concept.objects.bulk_create(new)
    roadmap.concepts.exclude(key__in=concepts).delete()
    Module.objects.filter(stage__roadmap=roadmap).exclude(key__in=modules).delete()
    roadmap.stages.exclude(key__in=[stage["id"] for stage in plan["stages"]]).delete()
    Concept.prerequisites.through.objects.filter(from_concept__roadmap=roadmap).delete()
    _link(concepts, plan)
    return changed


def _update_modules(roadmap: Roadmap, plan: Plan) -> dict[str, Module]:
    """The plan's modules by key, in its stages."""
    rows = {module.key: module for module in Module.objects.filter(stage__roadmap=roadmap)}
    modules: dict[str, Module] = {}
    for stage_order, stage in enumerate(plan["stages"], start=1):
        columns = _columns(stage, stage_order)
        stage_row, _ = Stage.objects.update_or_create(
            roadmap=roadmap, key=columns.pop("key"), defaults=columns
        )
        for module_order, module in enumerate(stage["modules"], start=1):
            row = rows.get(module["id"]) or Module(key=module["id"])
            row.stage = stage_row
            row.title, row.summary = module["title"], module["summary"]
            row.order = module_order
            row.save()
            modules[row.key] = row
    return modules


def _link(concepts: dict[str, Concept], plan: Plan) -> None:
    through = Concept.prerequisites.through
    through.objects.bulk_create(
        through(from_concept_id=concepts[part["id"]].pk, to_concept_id=concepts[needed].pk)
        for part in shape.concepts(plan)
        for needed in dict.fromkeys(part["prerequisites"])
        if needed in concepts
    )


def read(roadmap: Roadmap) -> Plan:
    """The rows of a course as a plan."""
    needed: dict[int, list[str]] = {}
    links = Concept.prerequisites.through.objects.filter(from_concept__roadmap=roadmap)
    for source, key in links.order_by("pk").values_list("from_concept", "to_concept__key"):
        needed.setdefault(source, []).append(key)

    concepts: dict[int, list[Any]] = {}
    for row in roadmap.concepts.order_by("order"):
        columns = {name: getattr(row, name) for name in shape.COLUMNS}
        part = {"id": row.key, **columns, "prerequisites": needed.get(row.pk, [])}
        concepts.setdefault(row.module_id, []).append(part)

    modules: dict[int, list[Any]] = {}
    for module in Module.objects.filter(stage__roadmap=roadmap).order_by("order"):
        part = _part(module) | {"concepts": concepts.get(module.pk, [])}
        modules.setdefault(module.stage_id, []).append(part)

    stages = [
        _part(stage) | {"modules": modules.get(stage.pk, [])}
        for stage in roadmap.stages.order_by("order")
    ]
    plan: Plan = {"title": roadmap.title, "summary": "", "next_id": 1, "stages": stages}
    numbers = [part["id"][1:] for part, _ in shape.parts(plan)]
    used = [number for number in map(whole_number, numbers) if number is not None]
    plan["next_id"] = max(used, default=0) + 1
    return plan


def _part(row: Stage | Module) -> Any:
    return {"id": row.key, "title": row.title, "summary": row.summary}
