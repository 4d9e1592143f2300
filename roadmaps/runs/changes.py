"""Changes of an approved plan: a new round of the workflow, asked for by a learner or by staff.

The thread has ended by then, so it is forked behind its review as if that had asked for changes.
The course stays as it is until a review approves the new plan.
"""

from contextlib import ExitStack
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from roadmaps import progress
from roadmaps.engine import checkpointer, dispatch, loop
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Draft, ReviewStatus, Roadmap, RoadmapStatus
from roadmaps.models.activity import record_activity
from roadmaps.models.permissions import check_may_act
from roadmaps.people import names
from roadmaps.request import limits
from roadmaps.request.fields import workflow_payload
from roadmaps.review.desk import clean_comment
from roadmaps.runs import publishing
from roadmaps.sentences import COLUMN_MAX, Sentence

CHANGEABLE = (RoadmapStatus.READY, RoadmapStatus.PARTIAL)


@transaction.atomic
def request_changes(roadmap: Roadmap, *, by: User, comment: str) -> Roadmap:
    """Queue a round that answers `comment`; its plan goes to a reviewer.

    Raises PermissionDenied, ValidationError (no comment, or as much of this learner runs as may)
    and InvalidTransition (no course yet, or a change is under way already).
    """
    check_may_act(by, roadmap)
    comment = clean_comment(comment, needed=_("Say what should be different."))
    limits.take_turn(roadmap.owner)
    roadmap = Roadmap.objects.select_for_update().get(pk=roadmap.pk)
    if roadmap.status not in CHANGEABLE:
        refusal = _("“%(roadmap)s” is %(now)s: changes can be asked for when the course is ready.")
        raise InvalidTransition(refusal % {"roadmap": roadmap, "now": roadmap.status_word})
    limits.check_room(roadmap.owner)

    state = _state(roadmap, comment, by)
    Roadmap.objects.filter(pk=roadmap.pk).update(branch=F("branch") + 1)
    # After the commit, and before the message of the run: a transaction that is rolled back leaves
    # the thread alone.
    transaction.on_commit(lambda: _begin(roadmap, state))
    dispatch.queue_workflow(roadmap, dispatch.FROM_CHECKPOINT, course_status=roadmap.status)

    message = Sentence(
        "%(who)s asked for changes: %(comment)s",
        who=names.public(by.get_username()),
        comment=comment[:COLUMN_MAX],
    )
    progress.record(roadmap.pk, "changes_asked", message)
    record_activity(by, roadmap, roadmap, message)
    return roadmap


def _begin(roadmap: Roadmap, state: dict[str, Any]) -> None:
    """Fork the thread; where that fails, the course becomes again what it was.

    A process that dies in between leaves a run that finds the thread at its end and publishes the
    plan that is there.
    """
    with ExitStack() as failure:
        queued = Roadmap.objects.filter(pk=roadmap.pk, run_id=roadmap.run_id)
        failure.callback(queued.keep_course)
        loop.run(fork_thread(str(roadmap.thread_id), roadmap.graph_version, state), timeout=30)
        failure.pop_all()


def _state(roadmap: Roadmap, comment: str, by: User) -> dict[str, Any]:
    """All that the thread must hold, because its checkpoints may have been pruned."""
    origin = Draft.Origin.LEARNER if by.pk == roadmap.owner_id else Draft.Origin.STAFF
    state: dict[str, Any] = {
        "request": workflow_payload(roadmap),
        "budget_minutes": roadmap.budget_minutes,
        "decision": ReviewStatus.CHANGES_REQUESTED.value,
        "comment": comment,
        "parts": [],
        "operations": [],
        "skipped": [],
        "origin": origin.value,
        "asked_by": by.pk,
        "edit_round": 0,
    }
    approved = roadmap.reviews.filter(status=ReviewStatus.APPROVED).select_related("draft")
    review = approved.order_by("-pk").first()
    # A course that came from elsewhere has only its rows.
    if review is None:
        plan = publishing.read(roadmap)
        return state | {"plan": plan, "report": {"issues": []}, "intent": {}, "review_round": 1}
    draft = review.draft
    return state | {
        "plan": draft.plan,
        "report": draft.report,
        "intent": draft.intent,
        "review_round": review.round,
    }


async def fork_thread(thread_id: str, graph_version: int | None, state: dict[str, Any]) -> None:
    from roadmaps.workflow.graph import build_graph  # not at the top: pages import this module

    workflow = build_graph(graph_version, await checkpointer.saver())
    await workflow.aupdate_state(
        {"configurable": {"thread_id": thread_id}}, state, as_node="human_review"
    )
