"""Queue `content_generation`, and the upkeep of links.

The task id is the run id; a second delivery is refused.
"""

from uuid import UUID

from celery import Task, shared_task

from content.exports import jobs


def _rewrite(kind: str, concept_id: str, run_id: str) -> str:
    from content.artifacts import generation  # LangChain: two seconds that no page waits for

    return generation.rewrite(kind, int(concept_id), UUID(run_id))


@shared_task(name="generate_roadmap_content", bind=True)
def generate_roadmap_content(self: Task, roadmap_id: str) -> str:
    """Write all missing content of a roadmap, in parallel."""
    from content.artifacts import generation  # as above

    return generation.write_missing(UUID(roadmap_id), UUID(self.request.id))


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
    from content import links  # its client takes longer to import than any page to answer

    return links.check_links()


@shared_task(name="exports.write_export", bind=True)
def write_export(self: Task, export_id: str) -> str:
    """Write the file of an export that takes longer than a page may."""
    return jobs.write_export(UUID(export_id), UUID(self.request.id))
