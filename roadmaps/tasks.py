"""Tasks of the queue `roadmap_workflow`, and the upkeep that beat asks for.

The task id is the run id; a second delivery is refused.
"""

import time
from typing import Any
from uuid import UUID

from celery import Task, shared_task

from roadmaps.engine.recovery import recover
from roadmaps.operations import heartbeats, usage
from roadmaps.removal import retention
from roadmaps.review import reminders


def _advance(roadmap_id: str, run_id: str) -> str:
    from roadmaps.runs.advance import advance  # LangGraph: two seconds that no page waits for

    return advance(UUID(roadmap_id), UUID(run_id))


@shared_task(name="roadmap_generation.generate_roadmap", bind=True)
def generate_roadmap(self: Task, roadmap_id: str) -> str:
    """Run the graph up to the human review."""
    return _advance(roadmap_id, self.request.id)


@shared_task(name="workflow_resume.resume_after_review", bind=True)
def resume_after_review(self: Task, roadmap_id: str) -> str:
    """Go on after a decision."""
    return _advance(roadmap_id, self.request.id)


@shared_task(name="workflow_resume.resume_from_checkpoint", bind=True)
def resume_from_checkpoint(self: Task, roadmap_id: str) -> str:
    """Go on after a failure."""
    return _advance(roadmap_id, self.request.id)


@shared_task(name="maintenance.heartbeat", bind=True, ignore_result=True)
def heartbeat(self: Task, queue: str) -> None:
    """Only that it is done counts."""
    sent_at = getattr(self.request, "sent_at", time.time())
    by_beat = not getattr(self.request, heartbeats.PROBE, False)
    heartbeats.record(queue, str(self.request.hostname), float(sent_at), by_beat=by_beat)


@shared_task(name="maintenance.recover", ignore_result=True)
def recover_runs() -> int:
    """Send on what dead workers and lost messages left."""
    return recover()


@shared_task(name="maintenance.remind_reviewers", ignore_result=True)
def remind_reviewers() -> dict[str, int]:
    """Write to reviewers before a review is due, and to others after it was."""
    return reminders.remind_reviewers()


@shared_task(name="maintenance.sum_up_usage", ignore_result=True)
def sum_up_usage() -> int:
    """Sum up model calls by quarters of an hour, for the page of usage."""
    return usage.sum_up()


@shared_task(name="maintenance.prune", ignore_result=True)
def prune() -> dict[str, Any]:
    """Delete what is older than PRUNE_AFTER_DAYS."""
    return retention.prune()
