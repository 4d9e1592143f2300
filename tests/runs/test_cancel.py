"""Stopping a roadmap: from everywhere, in every state, and for good."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django_celery_results.models import TaskResult

from content.artifacts.kinds import KINDS
from content.models import ArtifactStatus
from roadmaps.models import Lease, ModelCall, Review, Roadmap, RoadmapStatus
from roadmaps.services import cancel_run, decide_review, retry_run
from tests import courses
from tests.conftest import DEADLINE_SECONDS, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
MAKE = {
    RoadmapStatus.QUEUED: courses.requested,
    RoadmapStatus.RUNNING: lambda owner: running(courses.requested(owner)),
    RoadmapStatus.AWAITING_REVIEW: courses.designed,
    RoadmapStatus.GENERATING: courses.approved,
}
OVER = [status for status in RoadmapStatus if status not in MAKE]


def running(roadmap):
    roadmap.transition(RoadmapStatus.RUNNING)
    return roadmap


@pytest.fixture(params=["page", "admin", "command"])
def cancel(request, client, admin_client, owner):
    """Cancel as a person does there; returns what they read."""

    def by_page(roadmap):
        client.force_login(owner)
        return client.post(
            reverse("roadmap_cancel", args=[roadmap.pk]), follow=True
        ).content.decode()

    def by_admin(roadmap):
        chosen = {"action": "cancel_selected", "_selected_action": str(roadmap.pk)}
        return admin_client.post(
            reverse("admin:roadmaps_roadmap_changelist"), chosen, follow=True
        ).content.decode()

    def by_command(roadmap):
        try:
            call_command("cancel", str(roadmap.pk))
        except CommandError as exc:
            return str(exc)
        return "cancelled"

    return {"page": by_page, "admin": by_admin, "command": by_command}[request.param]


def test_what_moves_or_waits_is_cancelled_and_a_retry_goes_on(cancel, owner):
    for status, make in MAKE.items():
        roadmap = make(owner)
        assert roadmap.status == status
        assert "ancelled" in cancel(roadmap)
        roadmap.refresh_from_db()
        assert roadmap.status == RoadmapStatus.CANCELLED
        assert not Review.objects.pending().filter(roadmap=roadmap).exists()
        assert courses.advance(roadmap).status == RoadmapStatus.CANCELLED  # its message comes late
        roadmap = retry_run(roadmap)
        wanted = RoadmapStatus.READY if roadmap.concepts.exists() else RoadmapStatus.AWAITING_REVIEW
        assert courses.advance(roadmap).status == wanted


def test_what_is_over_is_left_as_it_is_and_the_person_is_told(cancel, owner):
    roadmap = courses.requested(owner)
    for status in OVER:
        Roadmap.objects.filter(pk=roadmap.pk).update(status=status)
        told = cancel(roadmap)
        roadmap.refresh_from_db()
        assert roadmap.status == status
        assert f"is {roadmap.get_status_display().lower()}, so it can" in told
        assert not Lease.objects.filter(subject=roadmap.pk).exists()


def rows(roadmap):
    """All that a run may write, but for the journal of answers that are paid for."""
    artifacts = [
        (name, list(kind.model.objects.order_by("pk").values())) for name, kind in KINDS.items()
    ]
    return [
        list(one.order_by("pk").values())
        for one in (roadmap.drafts, roadmap.reviews, roadmap.concepts)
    ], artifacts


@pytest.mark.parametrize("schema", ["Curriculum", "TutorialAnswer"], ids=["workflow", "content"])
def test_model_calls_stop_and_nothing_is_written_afterwards(owner, worker, model_server, schema):
    model_server.faults[schema] = lambda call: "hang"
    worker(LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url, LLM_TIMEOUT_SECONDS="500")
    roadmap = courses.requested(owner)
    if schema == "TutorialAnswer":
        wait_for(lambda: Review.objects.pending().exists())
        decide_review(Review.objects.get(), "APPROVED", by=None)
    assert model_server.hanging.acquire(timeout=DEADLINE_SECONDS)
    cancel_run(roadmap, by=owner)
    written = rows(roadmap)
    assert model_server.abandoned.acquire(timeout=DEADLINE_SECONDS)
    run = str(Roadmap.objects.get(pk=roadmap.pk).run_id)
    wait_for(lambda: TaskResult.objects.filter(task_id=run, result='"stopped"').exists())
    assert rows(roadmap) == written
    assert not any(
        kind.model.objects.filter(status=ArtifactStatus.GENERATING).exists()
        for kind in KINDS.values()
    )
    roadmap.refresh_from_db()
    assert roadmap.status == RoadmapStatus.CANCELLED
    wait_for(lambda: model_server.at_once == 0)  # the server sees its clients go one by one
    asked, paid = model_server.count(), ModelCall.objects.count()
    model_server.faults.clear()
    retry_run(roadmap, by=owner)
    wait_for(
        lambda: (
            Roadmap.objects.get(pk=roadmap.pk).status
            in (RoadmapStatus.AWAITING_REVIEW, RoadmapStatus.READY)
        )
    )
    # None that was paid for; an answer that had just come may have been kept since.
    assert model_server.count() - asked <= ModelCall.objects.count() - paid
