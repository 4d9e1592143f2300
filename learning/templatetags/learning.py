"""Template tags of a person's learning for pages of other apps."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import template

from learning import practice, progress
from roadmaps.models import Roadmap

register = template.Library()


@register.simple_tag(takes_context=True)
def questions_due(context: Any) -> int:
    """The number of questions left for today; 0 for a visitor."""
    user = context.get("user")
    if not (user and user.is_authenticated):
        return 0
    return sum(practice.left_today(user).values())


@register.simple_tag(takes_context=True)
def concept_states(context: Any, roadmap: Roadmap) -> dict[int, str]:
    """The states "done", "started" or "new" by concept id.

    {% concept_states roadmap as states %}
    """
    return progress.states(context["user"], roadmap)


@register.simple_tag(takes_context=True)
def progress_of_page(context: Any, roadmaps: Iterable[Roadmap]) -> dict[uuid.UUID, progress.Tally]:
    """The tallies for all cards of a list at once.

    {% progress_of_page page as mine %}, then {% course_meter mine roadmap %}
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
    """The reader's progress for a roadmap's page, and the next concept."""
    user = context["user"]
    return {"progress": progress.progress_of(user, roadmap), "roadmap": roadmap, "user": user}
