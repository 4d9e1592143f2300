"""Queue `content_generation`, and the upkeep of links.

The task id is the run id; a second delivery is refused.
"""

from uuid import UUID

from celery import Task, shared_task

from content.exports import jobs
from roadmaps.later import load


def _rewrite(kind: str, concept_id: str, run_id: str) -> str:
    where: str = load("content.artifacts.generation").rewrite(kind, int(concept_id), UUID(run_id))
    return where


@shared_task(name="generate_roadmap_content", bind=True)
def generate_roadmap_content(self: Task, roadmap_id: str) -> str:
    """Write all missing content of a roadmap, in parallel."""
    where: str = load("content.artifacts.generation").write_missing(
        UUID(roadmap_id), UUID(self.request.id)
    )
    return where


@shared_task(name="retry_tutorial_task", bind=True)
def retry_tutorial_task(self: Task, concept_id: str) -> str:
    """Write the tutorial of one concept anew."""
    return _rewrite("tutorial", concept_id, self.request.id)


@shared_task(name="retry_resources_task", bind=True)
def retry_resources_task(self: Task, concept_id: str) -> str:
    """Write the resources of one concept anew."""
    return _rewrite("resources", concept_id, self.request.id)


@shared_task(name="retry_quiz_task", bind=True)
def retry_quiz_task(self: Task, concept_id: str) -> str:
    """Write the quiz of one concept anew."""
    return _rewrite("quiz", concept_id, self.request.id)


@shared_task(name="maintenance.check_links", ignore_result=True)
def check_links() -> dict[str, int]:
    """Ask the addresses of some resources whether they still answer."""
    found: dict[str, int] = load("content.links").check_links()
    return found


@shared_task(name="exports.write_export", bind=True)
def write_export(self: Task, export_id: str) -> str:
    """Write the file of an export that takes longer than a page may."""
    return jobs.write_export(UUID(export_id), UUID(self.request.id))
