"""Two at once: whoever comes first, there is one effect."""

import os
import threading
from functools import partial
from typing import Any

import pytest
from celery import current_app

from roadmaps.engine.recovery import recover
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Draft, Review, Roadmap
from roadmaps.runs import advance
from roadmaps.services import cancel_run, decide_review, retry_run
from roadmaps.signals import roadmap_approved
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 200 if os.environ.get("SOAK") == "1" else 15


@pytest.fixture
def sent(monkeypatch):
    """The messages that would have gone out."""
    messages = []
    monkeypatch.setattr(
        current_app,
        "send_task",
        lambda name, **options: messages.append((name, options.get("task_id"))),
    )
    return messages


def at_once(*calls):
    """What each call returned or raised, all begun at the same moment."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place, call):
        from django.db import connection

        barrier.wait()
        try:
            results[place] = call()
        except InvalidTransition as exc:
            results[place] = exc
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def resumes(sent, roadmap):
    return [
        name
        for name, task in sent
        if name.startswith("workflow_resume") and task == str(roadmap.run_id)
    ]


def test_two_reviewers_decide_at_the_same_moment(owner, sent):
    one, other = courses.reviewer("one"), courses.reviewer("other")
    review = courses.designed(owner).reviews.get()
    for _ in range(TIMES):
        Review.objects.filter(pk=review.pk).update(
            status="PENDING", decided_by=None, decided_at=None
        )
        Roadmap.objects.filter(pk=review.roadmap_id).update(status="AWAITING_REVIEW")
        results = at_once(
            lambda: decide_review(review, "APPROVED", by=one),
            lambda: decide_review(review, "CHANGES_REQUESTED", by=other, comment="No"),
        )
        refused = [result for result in results if isinstance(result, InvalidTransition)]
        assert len(refused) == 1
        assert "already decided" in str(refused[0])
        assert len(resumes(sent, Roadmap.objects.get(pk=review.roadmap_id))) == 1


def test_deciding_races_cancelling(owner, sent):
    review = courses.designed(owner).reviews.get()
    for _ in range(TIMES):
        Review.objects.filter(pk=review.pk).update(
            status="PENDING", decided_by=None, decided_at=None
        )
        Roadmap.objects.filter(pk=review.roadmap_id).update(status="AWAITING_REVIEW")
        at_once(
            lambda: decide_review(review, "APPROVED", by=None),
            lambda: cancel_run(review.roadmap, by=None),
        )
        roadmap = Roadmap.objects.get(pk=review.roadmap_id)
        assert roadmap.status == "CANCELLED"
        assert courses.advance(roadmap).status == "CANCELLED"


def test_cancelling_races_a_run_at_every_step(owner, sent):
    for _ in range(TIMES):
        roadmap = courses.requested(owner)
        cancel = partial(cancel_run, roadmap, by=owner)
        _, cancelled = at_once(partial(advance.advance, roadmap.pk, roadmap.run_id), cancel)
        roadmap.refresh_from_db()
        assert not isinstance(cancelled, InvalidTransition)
        assert roadmap.status == "CANCELLED"
        assert not roadmap.reviews.pending().exists()
        retry_run(roadmap, by=owner)
        assert courses.advance(roadmap).status == "AWAITING_REVIEW"


def test_retrying_races_recovering(owner, sent):
    roadmap = courses.requested(owner)
    for _ in range(TIMES):
        long_ago = {"dispatched_at": "2000-01-01T00:00:00Z", "attempts": 0}
        Roadmap.objects.filter(pk=roadmap.pk).update(status="FAILED", **long_ago)
        at_once(lambda: retry_run(roadmap), recover, recover, lambda: retry_run(roadmap))
        roadmap.refresh_from_db()
        assert roadmap.status == "QUEUED"
        assert recover() == 0
        assert len(resumes(sent, roadmap)) == 1


def test_many_recover_at_once_and_send_it_once(owner, sent):
    roadmap = courses.requested(owner)
    Roadmap.objects.filter(pk=roadmap.pk).update(dispatched_at="2000-01-01T00:00:00Z")
    assert sorted(at_once(*[recover] * 6)) == [0, 0, 0, 0, 0, 1]


def test_a_delivery_twice_at_once_and_late_has_one_effect(owner, sent):
    roadmap = courses.requested(owner)
    deliver = partial(advance.advance, roadmap.pk, roadmap.run_id)
    results = at_once(deliver, deliver, deliver)
    assert sorted(results) == ["AWAITING_REVIEW", "refused", "refused"]
    assert deliver() == "refused"
    decide_review(roadmap.reviews.get(), "APPROVED", by=None)
    assert deliver() == "refused"  # the run before
    for status in ("GENERATING", "READY"):
        late = Roadmap.objects.get(pk=roadmap.pk).run_id
        assert courses.advance(roadmap).status == status
        assert advance.advance(roadmap.pk, late) == "refused"
    assert (Draft.objects.count(), Review.objects.count()) == (1, 1)


def test_content_asked_for_twice_at_once_is_written_once(owner, sent):
    from content.artifacts import generation

    roadmap = courses.approved(owner)
    roadmap_approved.send(sender=Roadmap, roadmap=roadmap)
    write = partial(generation.write_missing, roadmap.pk, roadmap.run_id)
    assert sorted(at_once(write, write)) == ["READY", "refused"]
    assert write() == "refused"
