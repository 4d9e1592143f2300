"""What pages of other apps show of a person's learning."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import template

from learning import practice, progress
from roadmaps.models import Roadmap

register = template.Library()


@register.simple_tag(takes_context=True)
def questions_due(context: Any) -> int:
    """How many questions today still asks the person."""
    user = context.get("user")
    return sum(practice.left_today(user).values()) if user and user.is_authenticated else 0


@register.simple_tag(takes_context=True)
def concept_states(context: Any, roadmap: Roadmap) -> dict[int, str]:
    """ "done", "started" or "new" by concept id: {% concept_states roadmap as states %}."""
    return progress.states(context["user"], roadmap)


@register.simple_tag(takes_context=True)
def progress_of_page(context: Any, roadmaps: Iterable[Roadmap]) -> dict[uuid.UUID, progress.Tally]:
    """Of all cards of a list at once: {% progress_of_page page as mine %}, then {% course_meter
    mine roadmap %}.
    """
    return progress.counts_of(context["user"], roadmaps)


@register.inclusion_tag("learning/_meter.html")
def course_meter(mine: dict[uuid.UUID, progress.Tally], roadmap: Roadmap) -> dict[str, Any]:
    return {"mine": mine.get(roadmap.pk)}


@register.simple_tag
def tally_of(mine: dict[uuid.UUID, progress.Tally], roadmap: Roadmap) -> progress.Tally | None:
    return mine.get(roadmap.pk)


@register.inclusion_tag("learning/_course_progress.html", takes_context=True)
def course_progress(context: Any, roadmap: Roadmap) -> dict[str, Any]:
    """On a roadmap's page: what is done of it, and where to go on."""
    user = context["user"]
    return {"progress": progress.progress_of(user, roadmap), "roadmap": roadmap, "user": user}
