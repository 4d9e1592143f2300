"""Dispatch of runs: the row first, the message after the commit.

A message that doesn't get out is sent by `recover`.
"""

import logging
import uuid
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models.functions import Now

from logs_app.buffer import BROKER_AWAY
from roadmaps.models import Roadmap, RoadmapStatus
from roadmaps.signals import roadmap_approved

logger = logging.getLogger(__name__)

GENERATE = "roadmap_generation.generate_roadmap"
AFTER_REVIEW = "workflow_resume.resume_after_review"
FROM_CHECKPOINT = "workflow_resume.resume_from_checkpoint"


def new_run() -> dict[str, Any]:
    """Columns of a row that is queued anew."""
    return {"run_id": uuid.uuid4(), "attempts": 0, "dispatched_at": Now(), "status_reason": ""}


def queue_workflow(roadmap: Roadmap, task: str, **fields: Any) -> None:
    """Give `roadmap` a new run of its thread. Raises InvalidTransition."""
    roadmap.transition(RoadmapStatus.QUEUED, **new_run(), **fields)
    send_on_commit(task, roadmap.pk, roadmap.run_id)


def queue_content(roadmap: Roadmap) -> None:
    """Give `roadmap` a new run that writes what is missing.

    Raises InvalidTransition, also when no plan of it was ever approved.
    """
    roadmap.check_reviewed()
    roadmap.transition(RoadmapStatus.GENERATING, course_status="", **new_run())
    roadmap_approved.send(sender=Roadmap, roadmap=roadmap)


def send_on_commit(task: str, subject: object, run_id: uuid.UUID) -> None:
    transaction.on_commit(lambda: _send(task, subject, run_id))


def _send(task: str, subject: object, run_id: uuid.UUID) -> None:
    try:
        current_app.send_task(task, args=[str(subject)], task_id=str(run_id))
    except BROKER_AWAY as exc:
        logger.warning("%s of %s will be sent by recover: %s", task, subject, exc)
