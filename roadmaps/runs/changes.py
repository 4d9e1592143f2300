"""Changes of an approved plan, and the first review of a course that came from elsewhere: a new
round of the workflow, asked for by a learner or by staff.

The thread has ended by then, so it is forked behind its review as if that had asked for changes.
The course stays as it is until a review approves the new plan.
"""

from contextlib import ExitStack
from typing import Any

from django.conf import settings
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
# An earlier release wrote for courses that nobody had reviewed, and may have failed at it.
REVIEWABLE = (*CHANGEABLE, RoadmapStatus.FAILED, RoadmapStatus.CANCELLED)


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
    if roadmap.status == RoadmapStatus.PARTIAL:
        roadmap.check_reviewed()  # or all that it lacks would be written, and nobody has said so
    limits.check_room(roadmap.owner)
    _queue(roadmap, _state(roadmap, comment, by), after="human_review")

    message = Sentence(
        "%(who)s asked for changes: %(comment)s",
        who=names.public(by.get_username()),
        comment=comment[:COLUMN_MAX],
    )
    progress.record(roadmap.pk, "changes_asked", message)
    record_activity(by, roadmap, roadmap, message)
    return roadmap


@transaction.atomic
def request_review(roadmap: Roadmap, *, by: User, comment: str) -> Roadmap:
    """Queue the review of a course that was imported or copied; on approval what it lacks is
    written. Its plan is checked, and not changed before a reviewer has seen it.

    `comment` tells the reviewer what that will be. Raises PermissionDenied, ValidationError (as
    much of this learner runs as may) and InvalidTransition (reviewed or under way already, or no
    course at all).
    """
    check_may_act(by, roadmap)
    limits.take_turn(roadmap.owner)
    roadmap = Roadmap.objects.select_for_update().get(pk=roadmap.pk)
    if not may_be_reviewed(roadmap):
        refusal = _("“%(roadmap)s” is %(now)s, and there is nothing to review.")
        raise InvalidTransition(refusal % {"roadmap": roadmap, "now": roadmap.status_word})
    limits.check_room(roadmap.owner)
    state = _state(roadmap, comment, by)
    state |= {
        "decision": "",
        "origin": Draft.Origin.IMPORTED.value,
        "edit_round": settings.MAX_EDIT_ROUNDS,
    }
    _queue(roadmap, state, after="edit_roadmap")

    message = Sentence("%(who)s sent the course for review", who=by.get_username())
    progress.record(roadmap.pk, "review_asked", message)
    record_activity(by, roadmap, roadmap, message)
    return roadmap


def may_be_reviewed(roadmap: Roadmap) -> bool:
    """Whether it is a course whose plan nobody has ever approved, and no review is under way."""
    if roadmap.is_changing or roadmap.status not in REVIEWABLE:
        return False
    return roadmap.concepts.exists() and not roadmap.is_reviewed


def _queue(roadmap: Roadmap, state: dict[str, Any], *, after: str) -> None:
    """A run that goes on with `state` as if the node `after` had just ended."""
    course_status = roadmap.status
    if course_status not in CHANGEABLE:
        course_status = RoadmapStatus.PARTIAL
    Roadmap.objects.filter(pk=roadmap.pk).update(branch=F("branch") + 1)
    # After the commit, and before the message of the run: a transaction that is rolled back leaves
    # the thread alone.
    transaction.on_commit(lambda: _begin(roadmap, state, after))
    dispatch.queue_workflow(roadmap, dispatch.FROM_CHECKPOINT, course_status=course_status)


def _begin(roadmap: Roadmap, state: dict[str, Any], after: str) -> None:
    """Fork the thread; where that fails, the course becomes again what it was.

    A process that dies in between leaves a run that finds the thread at its end and publishes the
    plan that is there.
    """
    with ExitStack() as failure:
        queued = Roadmap.objects.filter(pk=roadmap.pk, run_id=roadmap.run_id)
        failure.callback(queued.keep_course)
        fork = fork_thread(str(roadmap.thread_id), roadmap.graph_version, state, after)
        loop.run(fork, timeout=30)
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


async def fork_thread(
    thread_id: str, graph_version: int | None, state: dict[str, Any], after: str
) -> None:
    from roadmaps.workflow.graph import build_graph  # not at the top: pages import this module

    workflow = build_graph(graph_version, await checkpointer.saver())
    await workflow.aupdate_state({"configurable": {"thread_id": thread_id}}, state, as_node=after)
