"""Time travel: the checkpoints of a thread, and going on from an earlier one.

It goes on as a fork, which leaves the history readable.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q

from roadmaps import progress
from roadmaps.engine import checkpointer, dispatch, loop
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Roadmap, RoadmapStatus
from roadmaps.models.activity import record_activity
from roadmaps.models.ids import as_uuid
from roadmaps.models.permissions import check_may_act
from roadmaps.models.review import PENDING
from roadmaps.people import names
from roadmaps.review.decisions import RESUMING
from roadmaps.review.desk import supersede
from roadmaps.sentences import Sentence

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.types import StateSnapshot

CHECKPOINTS_MAX = 25  # of one page of the history
FORKABLE = (RoadmapStatus.AWAITING_REVIEW, RoadmapStatus.FAILED, RoadmapStatus.CANCELLED)


@dataclass(frozen=True)
class Checkpoint:
    id: str
    parent: str  # empty for the first
    at: datetime
    source: str  # input, loop, or fork
    next: list[str]  # nodes that would run from here
    changed: list[str]  # parts of the state that are new since the parent; what was emptied isn't
    plan: str  # title of the plan as it was then; empty before there is one
    score: int | None  # of that plan; None before it is checked

    @property
    def is_start(self) -> bool:
        """Whether the thread had its input and had taken nothing up: a fork of it would hold no
        request.
        """
        return self.next == ["__start__"]


@dataclass(frozen=True)
class History:
    """A page of checkpoints, newest first.

    `older` is the id to ask for the next page with, empty on the last.
    """

    checkpoints: list[Checkpoint]
    older: str = ""


def history(roadmap: Roadmap) -> list[Checkpoint]:
    """The newest CHECKPOINTS_MAX checkpoints; empty when they were pruned."""
    return page_of_history(roadmap).checkpoints


def page_of_history(roadmap: Roadmap, before: str = "") -> History:
    """The checkpoints older than `before`, an id; what is no id begins at the newest."""
    edge = str(as_uuid(before) or "")
    snapshots, parents = loop.run(_snapshots(roadmap, edge), timeout=30)
    values = {_id_of(snapshot.config): snapshot.values for snapshot in [*parents, *snapshots]}
    checkpoints = [_checkpoint(snapshot, values) for snapshot in snapshots[:CHECKPOINTS_MAX]]
    if len(snapshots) <= CHECKPOINTS_MAX:
        return History(checkpoints)
    return History(checkpoints, older=checkpoints[-1].id)


async def _snapshots(
    roadmap: Roadmap, before: str
) -> tuple[list["StateSnapshot"], list["StateSnapshot"]]:
    """The snapshots of a page and one more, and those of their parents that stand elsewhere: a fork
    begins anywhere.
    """
    workflow = await _workflow(roadmap)
    edge = None
    if before:
        edge = _config(roadmap, checkpoint_id=before, checkpoint_ns="")
    newest = workflow.aget_state_history(_config(roadmap), before=edge, limit=CHECKPOINTS_MAX + 1)
    snapshots = [snapshot async for snapshot in newest]
    ids = {_id_of(snapshot.config) for snapshot in snapshots}
    parents = {_id_of(snapshot.parent_config) for snapshot in snapshots[:CHECKPOINTS_MAX]}
    elsewhere = parents - ids - {""}
    return snapshots, [await _snapshot(roadmap, parent) for parent in elsewhere]


async def _snapshot(roadmap: Roadmap, checkpoint_id: str) -> "StateSnapshot":
    """The snapshot of a checkpoint, without a time when the thread has no such checkpoint."""
    workflow = await _workflow(roadmap)
    config = _config(roadmap, checkpoint_id=checkpoint_id, checkpoint_ns="")
    snapshot: StateSnapshot = await workflow.aget_state(config)
    return snapshot


async def _workflow(roadmap: Roadmap) -> Any:
    from roadmaps.workflow.graph import build_graph  # not at the top: pages import this module

    return build_graph(roadmap.graph_version, await checkpointer.saver())


def _config(roadmap: Roadmap, **more: str) -> "RunnableConfig":
    return {"configurable": {"thread_id": str(roadmap.thread_id), **more}}


def _id_of(config: "RunnableConfig | None") -> str:
    return str(config["configurable"]["checkpoint_id"]) if config else ""


def _checkpoint(snapshot: "StateSnapshot", values: dict[str, Any]) -> Checkpoint:
    parent = _id_of(snapshot.parent_config)
    parent_values = values.get(parent, {})
    changed = [
        name
        for name, value in snapshot.values.items()
        if value and parent_values.get(name) != value
    ]
    return Checkpoint(
        id=_id_of(snapshot.config),
        parent=parent,
        at=datetime.fromisoformat(str(snapshot.created_at)),
        source=str((snapshot.metadata or {}).get("source", "")),
        next=list(snapshot.next),
        changed=changed,
        plan=(snapshot.values.get("plan") or {}).get("title", ""),
        score=(snapshot.values.get("report") or {}).get("score"),
    )


@transaction.atomic
def resume_from(roadmap: Roadmap, checkpoint_id: str, *, by: User | None) -> Roadmap:
    """Queue a run from that checkpoint; models are asked anew.

    Reviews of the branch that is left are superseded.

    Raises PermissionDenied, and InvalidTransition: the roadmap is moving or has a course already,
    or the checkpoint is unknown.
    """
    if by is not None:
        check_may_act(by, roadmap)
    roadmap = Roadmap.objects.select_for_update().get(pk=roadmap.pk)
    if problem := why_not(roadmap):
        raise InvalidTransition(problem)
    snapshot = None
    if key := as_uuid(checkpoint_id):
        snapshot = loop.run(_snapshot(roadmap, str(key)), timeout=30)
    if snapshot is None or snapshot.created_at is None or not snapshot.next:
        raise InvalidTransition(
            "This checkpoint is unknown or was pruned, or nothing comes after it."
        )
    checkpoint = _checkpoint(snapshot, {})
    if checkpoint.is_start:
        raise InvalidTransition("Nothing was saved at this point yet. Go back to the one after it.")

    # What waits goes whatever the clocks say: the checkpoint's time is a worker's, and only one
    # review may wait.
    of_the_branch = PENDING | Q(status__in=RESUMING, created_at__gt=checkpoint.at)
    supersede(roadmap.reviews.filter(of_the_branch), by)
    Roadmap.objects.filter(pk=roadmap.pk).update(branch=F("branch") + 1)
    # Not before the commit: a thread that was forked for nothing wouldn't take the decision of the
    # review that waits. Whoever dies in between leaves a run that opens that review again.
    transaction.on_commit(lambda: loop.run(fork_thread(roadmap, checkpoint_id), timeout=30))
    dispatch.queue_workflow(roadmap, dispatch.FROM_CHECKPOINT)
    who = names.public(by.get_username()) if by else Sentence("the command line")
    steps = ", ".join(checkpoint.next)
    message = Sentence("%(who)s went back to the point before %(steps)s", who=who, steps=steps)
    progress.record(roadmap.pk, "forked", message, checkpoint=checkpoint_id)
    record_activity(by, roadmap, roadmap, message)
    return roadmap


def why_not(roadmap: Roadmap) -> str:
    """The reason why a roadmap can't go back now; empty when it can."""
    if roadmap.status in FORKABLE and not roadmap.concepts.exists():
        return ""
    state = roadmap.get_status_display().lower()
    return f"“{roadmap}” is {state}; only a plan that stands still and isn't approved can go back."


async def fork_thread(roadmap: Roadmap, checkpoint_id: str) -> None:
    workflow = await _workflow(roadmap)
    config = _config(roadmap, checkpoint_id=checkpoint_id, checkpoint_ns="")
    await workflow.aupdate_state(config, None, as_node="__copy__")
