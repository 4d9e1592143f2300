"""An approved plan as Stage, Module and Concept rows, and back."""

from typing import Any

from django.utils.text import slugify

from roadmaps.models import Concept, Module, Roadmap, Stage
from roadmaps.plan import shape

WRITTEN_FROM = (
    "title",
    "summary",
    "difficulty",
    "keywords",
    "outcomes",
)  # what content of a concept rests on
COLUMNS = ("title", "summary", "order", "module", "minutes", "difficulty", "keywords", "outcomes")


def create(roadmap: Roadmap, plan: dict[str, Any]) -> None:
    concepts: dict[str, Concept] = {}
    wanted: dict[str, list[str]] = {}
    for stage_order, stage in enumerate(plan["stages"], start=1):
        stage_row = Stage.objects.create(roadmap=roadmap, **_part(stage, stage_order))
        for module_order, module in enumerate(stage["modules"], start=1):
            module_row = Module.objects.create(stage=stage_row, **_part(module, module_order))
            for concept in module["concepts"]:
                concepts[concept["id"]] = _concept(module_row, roadmap, concept, len(concepts) + 1)
                wanted[concept["id"]] = concept["prerequisites"]
    _dedupe_slugs(list(concepts.values()), set())
    Concept.objects.bulk_create(concepts.values())
    _link(concepts, wanted)


def _part(part: dict[str, Any], order: int) -> dict[str, Any]:
    return {"key": part["id"], "title": part["title"], "summary": part["summary"], "order": order}


def _concept(module: Module, roadmap: Roadmap, concept: dict[str, Any], order: int) -> Concept:
    fields = {name: concept[name] for name in ("minutes", "difficulty", "keywords", "outcomes")}
    slug = slugify(concept["title"], allow_unicode=True)[:80] or concept["id"]
    return Concept(roadmap=roadmap, module=module, slug=slug, **_part(concept, order), **fields)


def _dedupe_slugs(concepts: list[Concept], seen: set[str]) -> None:
    for concept in concepts:
        if concept.slug in seen:
            concept.slug = f"{concept.slug}-{concept.key}"
        seen.add(concept.slug)


def update(roadmap: Roadmap, plan: dict[str, Any]) -> list[int]:
    """Make the rows of a course those of `plan`; returns the ids of kept concepts whose content no
    longer fits.

    What is in both keeps its row, and with it its address and all that a learner has done there.
    """
    # Locked first: who keeps a note or an answer meanwhile is waited for, or finds that the
    # concept is gone.
    rows = {concept.key: concept for concept in roadmap.concepts.select_for_update()}
    modules = _update_modules(roadmap, plan)
    wanted, changed = _wanted_concepts(roadmap, plan, modules, rows)
    Concept.objects.bulk_update((one for one in wanted.values() if one.pk), COLUMNS)
    new = [one for one in wanted.values() if not one.pk]
    _dedupe_slugs(new, {one.slug for one in rows.values()})
    Concept.objects.bulk_create(new)
    roadmap.concepts.exclude(key__in=wanted).delete()
    Module.objects.filter(stage__roadmap=roadmap).exclude(key__in=modules).delete()
    roadmap.stages.exclude(key__in=[stage["id"] for stage in plan["stages"]]).delete()
    Concept.prerequisites.through.objects.filter(from_concept__roadmap=roadmap).delete()
    _link(wanted, {one["id"]: one["prerequisites"] for one in shape.concepts(plan)})
    return changed


def _update_modules(roadmap: Roadmap, plan: dict[str, Any]) -> dict[str, Module]:
    """The plan's modules by key, in its stages."""
    known = {module.key: module for module in Module.objects.filter(stage__roadmap=roadmap)}
    modules: dict[str, Module] = {}
    for stage_order, stage in enumerate(plan["stages"], start=1):
        fields = _part(stage, stage_order)
        stage_row, _ = Stage.objects.update_or_create(
            roadmap=roadmap, key=fields.pop("key"), defaults=fields
        )
        for module_order, module in enumerate(stage["modules"], start=1):
            row = known.get(module["id"]) or Module(key=module["id"])
            row.stage, row.title, row.summary, row.order = (
                stage_row,
                module["title"],
                module["summary"],
                module_order,
            )
            row.save()
            modules[row.key] = row
    return modules


def _wanted_concepts(
    roadmap: Roadmap, plan: dict[str, Any], modules: dict[str, Module], rows: dict[str, Concept]
) -> tuple[dict[str, Concept], list[int]]:
    """The plan's concepts by key, those of `rows` changed in place, and the ids of which the
    content no longer fits.
    """
    wanted: dict[str, Concept] = {}
    changed = []
    for module in shape.modules(plan):
        for concept in module["concepts"]:
            row, made = (
                rows.get(concept["id"]),
                _concept(modules[module["id"]], roadmap, concept, len(wanted) + 1),
            )
            if row is None:
                row = made
            elif any(getattr(row, name) != getattr(made, name) for name in WRITTEN_FROM):
                changed.append(row.pk)
            for name in COLUMNS:
                setattr(row, name, getattr(made, name))
            wanted[concept["id"]] = row
    return wanted, changed


def read(roadmap: Roadmap) -> dict[str, Any]:
    """The rows of a course as a plan."""
    concepts: dict[int, list[dict[str, Any]]] = {}
    needed: dict[int, list[str]] = {}
    links = Concept.prerequisites.through.objects.filter(from_concept__roadmap=roadmap).order_by(
        "pk"
    )
    for source, key in links.values_list("from_concept", "to_concept__key"):
        needed.setdefault(source, []).append(key)
    for row in roadmap.concepts.order_by("order"):
        fields = {name: getattr(row, name) for name in ("minutes", *WRITTEN_FROM)}
        one = {"id": row.key, **fields, "prerequisites": needed.get(row.pk, [])}
        concepts.setdefault(row.module_id, []).append(one)
    modules: dict[int, list[dict[str, Any]]] = {}
    for module in Module.objects.filter(stage__roadmap=roadmap).order_by("order"):
        modules.setdefault(module.stage_id, []).append(
            _as_json(module, "concepts", concepts.get(module.pk, []))
        )
    stages = [
        _as_json(stage, "modules", modules.get(stage.pk, []))
        for stage in roadmap.stages.order_by("order")
    ]
    plan = {"title": roadmap.title, "summary": "", "next_id": 1, "stages": stages}
    numbers = [
        int(digits) for part, _ in shape.parts(plan) if (digits := part["id"][1:]).isdecimal()
    ]
    return plan | {"next_id": max(numbers, default=0) + 1}


def _as_json(part: Stage | Module, name: str, inner: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": part.key, "title": part.title, "summary": part.summary, name: inner}


def _link(concepts: dict[str, Concept], wanted: dict[str, list[str]]) -> None:
    through = Concept.prerequisites.through
    through.objects.bulk_create(
        through(from_concept_id=concepts[key].pk, to_concept_id=concepts[other].pk)
        for key, others in wanted.items()
        for other in dict.fromkeys(others)
        if other in concepts
    )
