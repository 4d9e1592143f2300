"""Template tags of a roadmap's page and list: the course as a picture, an outline and a card."""

from typing import Any

from django import template
from django.db.models import Count, Q

from content import outline
from content.artifacts.kinds import KINDS
from content.models import ArtifactStatus
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
        return pictures_of(draft.plan) | {"proposed": True} if draft else {}
    return pictures_of(course.plan) | {"course": course}


def pictures_of(plan: dict[str, Any]) -> dict[str, Any]:
    concepts = []
    for stage in plan["stages"]:
        for module in stage["modules"]:
            concepts += module["concepts"]
    titles = {concept["id"]: concept["title"] for concept in concepts}
    marks = {concept["id"]: mark_of(concept) for concept in concepts}
    for concept in concepts:
        prerequisites = [titles[key] for key in concept["prerequisites"] if key in titles]
        concept["facts"] = outline.summary_of(concept, prerequisites)

    labels = {mark: outline.in_words(mark) for mark in set(marks.values())}
    pictures = {
        "wide": picture.draw(plan, measure=picture.WIDE_COLUMNS),
        "narrow": picture.draw_stacked(plan),
    }
    for drawing in pictures.values():
        for node in drawing.concepts:
            mark = marks[node.id]
            node.marks = [mark]
            if labels[mark]:
                node.words = f"{node.words}, {labels[mark]}"
    return pictures | {"plan": plan}


def mark_of(concept: dict[str, Any]) -> str:
    """What a learner did counts more than what is there: done, started, or ready, writing,
    waiting, failed, planned.
    """
    progress: str = concept.get("progress", "")
    return progress if progress in ("done", "started") else concept.get("state", "planned")


@register.simple_tag
def course_cards(roadmaps: Any) -> list[dict[str, Any]]:
    """Each of `roadmaps` with how much of it is written, by as many queries for one as for many."""
    cards = {
        roadmap.pk: {"roadmap": roadmap, "total": 0, "ready": 0, "failed": 0}
        for roadmap in roadmaps
    }
    for kind in KINDS.values():
        rows = kind.model.objects.filter(concept__roadmap__in=list(cards))
        counts = rows.values("concept__roadmap").annotate(
            total=Count("pk"),
            ready=Count("pk", filter=Q(status=ArtifactStatus.READY)),
            failed=Count("pk", filter=Q(status=ArtifactStatus.FAILED)),
        )
        for row in counts:
            card = cards[row.pop("concept__roadmap")]
            for name, count in row.items():
                card[name] += count
    return list(cards.values())
