"""Rows made of a thread's stop: a review that opens, a published plan, or a reason of failure.

This runs on the Celery thread, which owns rows and the broker; the loop (`runs.thread`) has ended
by then.
"""

import logging
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.contrib.auth.models import User

from roadmaps import llm, progress, sentences
from roadmaps.engine import dispatch, leases
from roadmaps.exceptions import LLMError, RunError
from roadmaps.models import (
    UNDECIDED,
    Draft,
    Review,
    ReviewEventKind,
    ReviewStatus,
    Roadmap,
    RoadmapStatus,
    due_time,
    shown_of,
)
from roadmaps.review import history
from roadmaps.runs import publishing
from roadmaps.runs.thread import ThreadStop
from roadmaps.sentences import Sentence
from roadmaps.signals import content_taken_over, plan_changed, review_opened, roadmap_ended

logger = logging.getLogger(__name__)


def settle(roadmap: Roadmap, hold: leases.Hold, stop: ThreadStop) -> str:
    """Write what the stop means, and end the lease; returns the roadmap's status."""
    with hold.writing():
        if stop.interrupts:
            open_review(roadmap, stop.interrupts[0].id, stop.state)
        elif stop.state:
            publish(roadmap, stop.state)
        else:
            leave_change(roadmap)
        hold.end()
    return roadmap.status


def leave_change(roadmap: Roadmap) -> None:
    """A change whose thread was never forked, and has no checkpoints to go on from."""
    Roadmap.objects.filter(pk=roadmap.pk).keep_course()
    roadmap.refresh_from_db()
    message = Sentence("The change could not begin, and the course is as it was. Ask for it again.")
    progress.record(roadmap.pk, "change_lost", message, level="warning")


def fail(roadmap: Roadmap, hold: leases.Hold, exc: Exception) -> str:
    """End the run with a reason that a person understands; the traceback goes to the process's
    log.
    """
    reason = reason_of(exc)
    logger.error(
        "run %s of roadmap %s failed: %s", roadmap.run_id, roadmap.pk, reason, exc_info=exc
    )
    with hold.writing():
        roadmap.transition(RoadmapStatus.FAILED, **sentences.columns("status_reason", reason))
        hold.end()
        roadmap_ended.send(sender=Roadmap, roadmap=roadmap)
        progress.record(roadmap.pk, "run_failed", reason, level="error")
    return roadmap.status


def reason_of(exc: Exception) -> str:
    if isinstance(exc, LLMError | RunError):
        return exc.said
    if isinstance(exc, TimeoutError):
        return Sentence(
            "It took longer than %(limit)s seconds. Retry goes on from the last step.",
            limit=settings.RUN_TIMEOUT_SECONDS,
        )
    if isinstance(exc, SoftTimeLimitExceeded):  # of a worker's own line, under prefork
        return Sentence("It took too long. Retry goes on from the last step.")
    return Sentence(
        "Unexpected %(error)s; the worker's log has the details. Retry goes on from the last step.",
        error=type(exc).__name__,
    )


def open_review(roadmap: Roadmap, interrupt_id: str, state: dict[str, Any]) -> None:
    """Open a review of the plan in `state`, or reopen the superseded one of this interrupt."""
    roadmap.transition(
        RoadmapStatus.AWAITING_REVIEW,
        title=state["plan"]["title"],
        made_without_model=llm.without_model("curriculum"),
    )

    superseded = roadmap.reviews.filter(interrupt_id=interrupt_id, status=ReviewStatus.SUPERSEDED)
    if superseded.update(**UNDECIDED, due_at=due_time()):
        review = roadmap.reviews.get(interrupt_id=interrupt_id)
    else:
        review = Review.objects.create(
            roadmap=roadmap,
            draft=_save_draft(roadmap, state),
            interrupt_id=interrupt_id,
            # What the inbox shows, so that it need not read the draft.
            **shown_of(state["report"]),
            round=state.get("review_round", 0) + 1,
            language=roadmap.language,
            due_at=due_time(),
        )

    progress.record(roadmap.pk, "review_requested", Sentence("The plan waits for a reviewer"))
    request = ""
    draft = review.draft
    # What a reviewer should know of an approved plan that somebody wanted changed.
    if draft.origin in Draft.ASKED:
        who = "The learner"
        if draft.origin == Draft.Origin.STAFF:
            who = draft.author.get_username() if draft.author else "A staff member"
        request = f"{who} asked for changes of the approved plan: {state.get('comment', '')}"
        if draft.origin == Draft.Origin.IMPORTED:
            who = draft.author.get_username() if draft.author else "Somebody"
            request = f"{who} imported or copied this course. {state.get('comment', '')}"
    history.write(review, ReviewEventKind.OPENED, name="the workflow", text=request)
    review_opened.send(sender=Review, review=review)
    roadmap.refresh_from_db()  # a receiver may have decided at once


def _save_draft(roadmap: Roadmap, state: dict[str, Any]) -> Draft:
    origin = state.get("origin", Draft.Origin.MODEL)
    author = None
    if origin in Draft.ASKED and state.get("asked_by"):
        # An account may have been deleted meanwhile.
        author = User.objects.filter(pk=state["asked_by"]).first()
    return Draft.objects.create(
        roadmap=roadmap,
        number=roadmap.drafts.count() + 1,
        plan=state["plan"],
        report=state["report"],
        operations=state.get("operations", []),
        origin=origin,
        author=author,
        intent=state.get("intent", {}),
    )


def publish(roadmap: Roadmap, state: dict[str, Any]) -> None:
    """Make rows of the approved plan, and queue its content."""
    newest = roadmap.reviews.exclude(status=ReviewStatus.SUPERSEDED).order_by("-pk").first()
    if newest is None or newest.status != ReviewStatus.APPROVED:
        raise RunError(
            Sentence(
                "The workflow ended although nobody has approved the plan. "
                "Retry goes on from the last step."
            )
        )
    if roadmap.is_changing:
        content_taken_over.send(sender=Roadmap, roadmap=roadmap)
        changed = publishing.update(roadmap, state["plan"])
        plan_changed.send(sender=Roadmap, roadmap=roadmap, concepts=changed)
    elif not roadmap.concepts.exists():
        publishing.create(roadmap, state["plan"])
    dispatch.queue_content(roadmap)
    progress.record(
        roadmap.pk, "plan_approved", Sentence("The plan is approved; the content is being written")
    )
