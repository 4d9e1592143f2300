"""Roadmaps whose run was lost, as `recover` sends them again or gives them up."""

from roadmaps import progress, sentences, telemetry
from roadmaps.engine import dispatch
from roadmaps.engine.recovery import Recoverable, register
from roadmaps.models import Roadmap, RoadmapStatus
from roadmaps.sentences import Sentence
from roadmaps.signals import roadmap_approved, roadmap_ended


def send_again(roadmap: Roadmap, worker_died: bool) -> None:
    if roadmap.status == RoadmapStatus.GENERATING:
        roadmap_approved.send(sender=Roadmap, roadmap=roadmap)
    else:
        dispatch.send_on_commit(dispatch.FROM_CHECKPOINT, roadmap.pk, roadmap.run_id)
    cause = "worker" if worker_died else "message"
    telemetry.count("cairn_runs_recovered_total", cause=cause)
    message = Sentence("Sent again: its worker or its message was lost")
    progress.record(roadmap.pk, "run_recovered", message, level="warning")


def give_up(roadmap: Roadmap) -> None:
    reason = Sentence(
        "Its worker died %(count)s times while driving this run, so it was not tried again.",
        count=roadmap.attempts,
    )
    roadmap.transition(RoadmapStatus.FAILED, **sentences.columns("status_reason", reason))
    roadmap_ended.send(sender=Roadmap, roadmap=roadmap)
    progress.record(roadmap.pk, "run_failed", reason, level="error")


register(Recoverable(Roadmap.objects.all(), send_again, give_up))
