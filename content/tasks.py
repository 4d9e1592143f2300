"""Tasks of the queue `content_generation`, and the upkeep of links.

The task id is the run id; a second delivery is refused.
"""

from uuid import UUID

from celery import Task, shared_task
from django.conf import settings

from content.artifacts import drawings
from content.artifacts.kinds import KINDS, Kind
from content.exports import jobs


@shared_task(name="generate_roadmap_content", bind=True)
def generate_roadmap_content(self: Task, roadmap_id: str) -> str:
    """Write all missing content of a roadmap, in parallel."""
    from content.artifacts import generation  # LangChain: two seconds that no page waits for

    return generation.write_missing(UUID(roadmap_id), UUID(self.request.id))


def register_rewrite(kind: Kind) -> None:
    """The task that writes one artifact of `kind` anew."""

    def rewrite(self: Task, concept_id: str) -> str:
        from content.artifacts import generation  # as above

        return generation.rewrite(kind.name, int(concept_id), UUID(self.request.id))

    rewrite.__doc__ = f"Write the {kind.name} of one concept anew."
    shared_task(name=kind.task, bind=True)(rewrite)


for kind in KINDS.values():
    register_rewrite(kind)


@shared_task(name="maintenance.check_links", ignore_result=True)
def check_links() -> dict[str, int]:
    """Ask the addresses of some resources whether they still answer."""
    from content import links  # its client takes longer to import than any page to answer

    return links.check_links()


@shared_task(name="exports.write_export", bind=True)
def write_export(self: Task, export_id: str) -> str:
    """Write the file of an export that takes longer than a page may."""
    return jobs.write_export(UUID(export_id), UUID(self.request.id))


@shared_task(name=drawings.TUTORIAL, ignore_result=True)
def draw_tutorial(tutorial_id: str) -> str:
    """Draw the text of a tutorial that somebody has opened before it was drawn."""
    return drawings.draw_tutorial(UUID(tutorial_id))


@shared_task(name=drawings.COURSE, ignore_result=True)
def draw_course(roadmap_id: str) -> int:
    """Draw the texts of an imported or copied course, or the first of them."""
    return drawings.draw_course(UUID(roadmap_id), settings.DRAW_EVERY_SECONDS)


@shared_task(name="drawing.draw_left_over", ignore_result=True)
def draw_left_over() -> int:
    """Draw some of the texts that an older release or renderer left."""
    return drawings.draw_left_over(settings.DRAW_EVERY_SECONDS)
