"""An approved plan as Stage, Module and Concept rows."""

from typing import Any

from django.utils.text import slugify

from roadmaps.models import Concept, Module, Roadmap, Stage


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
    _dedupe_slugs(list(concepts.values()))
    Concept.objects.bulk_create(concepts.values())
    _link(concepts, wanted)


def _part(part: dict[str, Any], order: int) -> dict[str, Any]:
    return {"key": part["id"], "title": part["title"], "summary": part["summary"], "order": order}


def _concept(module: Module, roadmap: Roadmap, concept: dict[str, Any], order: int) -> Concept:
    fields = {name: concept[name] for name in ("minutes", "difficulty", "keywords", "outcomes")}
    slug = slugify(concept["title"], allow_unicode=True)[:80] or concept["id"]
    return Concept(roadmap=roadmap, module=module, slug=slug, **_part(concept, order), **fields)


def _dedupe_slugs(concepts: list[Concept]) -> None:
    seen: set[str] = set()
    for concept in concepts:
        if concept.slug in seen:
            concept.slug = f"{concept.slug}-{concept.key}"
        seen.add(concept.slug)


def _link(concepts: dict[str, Concept], wanted: dict[str, list[str]]) -> None:
    through = Concept.prerequisites.through
    through.objects.bulk_create(
        through(from_concept_id=concepts[key].pk, to_concept_id=concepts[other].pk)
        for key, others in wanted.items()
        for other in dict.fromkeys(others)
        if other in concepts
    )
