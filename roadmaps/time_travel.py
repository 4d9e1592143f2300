"""A thread's checkpoints, and going on from an earlier one as a fork that leaves the history readable."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q

from roadmaps import checkpointer, dispatch, loop, progress
from roadmaps.activity import record_activity
from roadmaps.desk import supersede
from roadmaps.exceptions import InvalidTransition
from roadmaps.later import load
from roadmaps.models import ReviewStatus, Roadmap, RoadmapStatus
from roadmaps.models.review import PENDING
from roadmaps.permissions import check_may_act
from roadmaps.wording import Sentence

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.types import StateSnapshot

CHECKPOINTS_MAX = 300  # the newest ones
FORKABLE = (RoadmapStatus.AWAITING_REVIEW, RoadmapStatus.FAILED, RoadmapStatus.CANCELLED)


@dataclass(frozen=True)
class Checkpoint:
    id: str
    parent: str  # empty for the first
    at: datetime
    source: str  # input, loop, or fork
    next: list[str]  # nodes that would run from here
    changed: list[str]  # parts of the state that differ from the parent's


def history(roadmap: Roadmap) -> list[Checkpoint]:
    """Newest first; empty when they were pruned."""
    snapshots = loop.run(_snapshots(roadmap), timeout=30)
    values = {_id_of(one.config): one.values for one in snapshots}
    return [_checkpoint(one, values) for one in snapshots]


async def _snapshots(roadmap: Roadmap) -> list["StateSnapshot"]:
    workflow = await _workflow(roadmap)
    return [one async for one in workflow.aget_state_history(_config(roadmap), limit=CHECKPOINTS_MAX)]


async def _workflow(roadmap: Roadmap) -> Any:
    return load("roadmaps.workflow.graph").build_graph(roadmap.graph_version, await checkpointer.saver())


def _config(roadmap: Roadmap, **more: str) -> "RunnableConfig":
    return {"configurable": {"thread_id": str(roadmap.thread_id), **more}}


def _id_of(config: "RunnableConfig | None") -> str:
    return str(config["configurable"]["checkpoint_id"]) if config else ""


def _checkpoint(snapshot: "StateSnapshot", values: dict[str, Any]) -> Checkpoint:
    parent = _id_of(snapshot.parent_config)
    before = values.get(parent, {})
    return Checkpoint(
        id=_id_of(snapshot.config),
        parent=parent,
        at=datetime.fromisoformat(str(snapshot.created_at)),
        source=str((snapshot.metadata or {}).get("source", "")),
        next=list(snapshot.next),
        changed=[name for name, value in snapshot.values.items() if before.get(name) != value],
    )


@transaction.atomic
def resume_from(roadmap: Roadmap, checkpoint_id: str, *, by: User | None) -> Roadmap:
    """Queue a run from that checkpoint; models are asked anew. Reviews of the branch that is left are superseded.

    Raises PermissionDenied, and InvalidTransition: the roadmap is moving or has a course already, or
    the checkpoint is unknown.
    """
    if by is not None:
        check_may_act(by, roadmap)
    roadmap = Roadmap.objects.select_for_update().get(pk=roadmap.pk)
    chosen = _chosen(roadmap, checkpoint_id)
    gone_on = [ReviewStatus.APPROVED, ReviewStatus.CHANGES_REQUESTED]
    # What waits goes whatever the clocks say: the checkpoint's time is a worker's, and only one review may wait.
    left = PENDING | Q(status__in=gone_on, created_at__gt=chosen.at)
    supersede(roadmap.reviews.filter(left), by)
    Roadmap.objects.filter(pk=roadmap.pk).update(branch=F("branch") + 1)
    # Not before the commit: a thread that was forked for nothing wouldn't take the decision of the review that waits.
    # Whoever dies in between leaves a run that opens that review again.
    transaction.on_commit(lambda: loop.run(_fork(roadmap, checkpoint_id), timeout=30))
    dispatch.queue_workflow(roadmap, dispatch.FROM_CHECKPOINT)
    who = by.get_username() if by else Sentence("the command line")
    told = Sentence("%(who)s went back to the point before %(steps)s", who=who, steps=", ".join(chosen.next))
    progress.record(roadmap.pk, "forked", told, checkpoint=checkpoint_id)
    record_activity(by, roadmap, roadmap, told)
    return roadmap


def _chosen(roadmap: Roadmap, checkpoint_id: str) -> Checkpoint:
    if roadmap.status not in FORKABLE or roadmap.concepts.exists():
        state = roadmap.get_status_display().lower()
        raise InvalidTransition(
            f"“{roadmap}” is {state}; only a plan that stands still and isn't approved can go back."
        )
    for one in history(roadmap):
        if one.id == checkpoint_id and one.next:
            return one
    raise InvalidTransition("This checkpoint is unknown or was pruned, or nothing comes after it.")


async def _fork(roadmap: Roadmap, checkpoint_id: str) -> None:
    chosen = _config(roadmap, checkpoint_id=checkpoint_id, checkpoint_ns="")
    await (await _workflow(roadmap)).aupdate_state(chosen, None, as_node="__copy__")
