"""What templates show of a course."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from content import markdown, words
from content.models import ARTIFACTS, ArtifactStatus, counts
from roadmaps.models import Concept, Roadmap

register = template.Library()

RELATIONS = {"tutorial": "tutorial", "resources": "resource_list", "quiz": "quiz"}


@register.filter("markdown")
def as_html(text: str) -> SafeString:
    return markdown.render(text)


@register.filter
def difficulty(level: str) -> str:
    return Roadmap.Level.word(level)


@register.filter
def resource_kind(kind: str) -> str:
    return words.kind(kind)


@register.filter
def is_web_address(url: str) -> bool:
    """Whether a link to it may be shown; nothing else is one, such as javascript:."""
    return url.startswith(("https://", "http://"))


@register.inclusion_tag("content/_outline.html")
def outline(roadmap: Roadmap, current: Concept | None = None) -> dict[str, Any]:
    """The roadmap's stages, modules and concepts with the state of each artifact."""
    concepts = (
        roadmap.concepts.select_related("module__stage", *RELATIONS.values())
        .defer("tutorial__markdown")
        .order_by("order")
    )
    rows = [
        {"concept": concept, "module": concept.module, "stage": concept.module.stage, "artifacts": artifacts(concept)}
        for concept in concepts
    ]
    return {"roadmap": roadmap, "rows": rows, "current": current}


def artifacts(concept: Concept) -> list[dict[str, Any]]:
    found = ((kind, getattr(concept, RELATIONS[kind], None)) for kind in ARTIFACTS)
    return [
        {"kind": kind, "artifact": one, "state": one.status if one else ArtifactStatus.PENDING} for kind, one in found
    ]


@register.inclusion_tag("content/_progress.html")
def content_progress(roadmap: Roadmap) -> dict[str, Any]:
    counted = counts(roadmap)
    return {"ready": counted[ArtifactStatus.READY], "failed": counted[ArtifactStatus.FAILED], "total": counted["TOTAL"]}
