"""A roadmap's page and list: the course as a picture and as an outline, and what is there of many
courses at once.
"""

from typing import Any

from django import template
from django.db.models import Count, Q

from content import outline
from content.models import ARTIFACTS, ArtifactStatus
from roadmaps.models import Roadmap
from roadmaps.plan import picture

register = template.Library()


@register.simple_tag
def course_path(roadmap: Roadmap, progress: dict[int, str] | None = None) -> dict[str, Any]:
    """The course, else the newest draft of its plan, drawn twice: for wide screens and for narrow
    ones.

    `progress` is what the learner has done: concept id → done, started or new.
    """
    course = outline.read(roadmap, progress)
    if course is None:
        draft = roadmap.drafts.order_by("-number").first()
        return _drawn(draft.plan) | {"proposed": True} if draft else {}
    return _drawn(course.plan) | {"course": course}


def _drawn(plan: dict[str, Any]) -> dict[str, Any]:
    concepts = [
        one for stage in plan["stages"] for module in stage["modules"] for one in module["concepts"]
    ]
    marks = {one["id"]: mark_of(one) for one in concepts}
    words = {mark: outline.in_words(mark) for mark in set(marks.values())}
    titles = {one["id"]: one["title"] for one in concepts}
    for one in concepts:
        one["facts"] = outline.facts(
            one, [titles[key] for key in one["prerequisites"] if key in titles]
        )
    drawings = {
        "wide": picture.draw(plan, measure=picture.WIDE_COLUMNS),
        "narrow": picture.draw_stacked(plan),
    }
    for drawing in drawings.values():
        for node in drawing.concepts:
            node.marks = [marks[node.id]]
            node.words = f"{node.words}, {said}" if (said := words[marks[node.id]]) else node.words
    return drawings | {"plan": plan}


def mark_of(concept: dict[str, Any]) -> str:
    """What a learner did counts more than what is there: done, started, or ready, writing,
    waiting, failed, planned.
    """
    progress: str = concept.get("progress", "")
    return progress if progress in ("done", "started") else concept.get("state", "planned")


@register.simple_tag
def course_cards(roadmaps: Any) -> list[dict[str, Any]]:
    """Each of `roadmaps` with how much of it is written, by as many queries for one as for many."""
    shown = list(roadmaps)
    written: dict[Any, list[int]] = {roadmap.pk: [0, 0, 0] for roadmap in shown}
    for model in ARTIFACTS.values():
        rows = model.objects.filter(concept__roadmap__in=list(written)).values_list(
            "concept__roadmap"
        )
        ready, failed = Q(status=ArtifactStatus.READY), Q(status=ArtifactStatus.FAILED)
        for pk, *counted in rows.annotate(
            Count("pk"), r=Count("pk", filter=ready), f=Count("pk", filter=failed)
        ):
            written[pk] = [one + more for one, more in zip(written[pk], counted, strict=True)]
    return [_card(roadmap, written[roadmap.pk]) for roadmap in shown]


def _card(roadmap: Roadmap, written: list[int]) -> dict[str, Any]:
    total, ready, failed = written
    return {"roadmap": roadmap, "total": total, "ready": ready, "failed": failed}
