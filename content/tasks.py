"""Queue `content_generation`. The task id is the run id; a second delivery is refused."""

from uuid import UUID

from celery import Task, shared_task

from content import generation


@shared_task(name="generate_roadmap_content", bind=True)
def generate_roadmap_content(self: Task, roadmap_id: str) -> str:
    """Write all missing content of a roadmap, in parallel."""
    return generation.write_missing(UUID(roadmap_id), UUID(self.request.id))


@shared_task(name="retry_tutorial_task", bind=True)
def retry_tutorial_task(self: Task, concept_id: str) -> str:
    return generation.rewrite("tutorial", int(concept_id), UUID(self.request.id))


@shared_task(name="retry_resources_task", bind=True)
def retry_resources_task(self: Task, concept_id: str) -> str:
    return generation.rewrite("resources", int(concept_id), UUID(self.request.id))


@shared_task(name="retry_quiz_task", bind=True)
def retry_quiz_task(self: Task, concept_id: str) -> str:
    return generation.rewrite("quiz", int(concept_id), UUID(self.request.id))
