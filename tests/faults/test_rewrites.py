"""One artifact that is being written anew, while something else happens to its roadmap."""

from datetime import timedelta
from uuid import uuid4

import pytest
from celery import current_app
from django.db.models.functions import Now

from content.artifacts import generation, jobs, writing
from content.artifacts.rewrites import retry_artifact
from content.models import Quiz, Tutorial
from roadmaps.engine import leases
from roadmaps.engine.recovery import recover
from roadmaps.models import Lease, Roadmap
from roadmaps.removal import retention, trash
from roadmaps.runs import advance
from roadmaps.runs.changes import request_changes
from roadmaps.services import decide_review, retry_run
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The messages that would have gone out."""
    messages = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: messages.append(name))
    return messages


@pytest.fixture
def course(owner):
    return courses.written(owner)


@pytest.fixture
def concept(course):
    return course.concepts.get(order=1)


def rewrite(concept):
    asked = Tutorial.objects.get(concept=concept).run_id
    assert asked
    return generation.rewrite("tutorial", concept.pk, asked)


def meanwhile(monkeypatch, happens):
    """Once, when a model has answered and nothing is saved yet."""
    results = generation.stream_results
    waiting = [happens]

    def interrupted(*args):
        for result in results(*args):
            if waiting:
                waiting.pop()()
            yield result

    monkeypatch.setattr(generation, "stream_results", interrupted)


def make_partial(course):
    """Its last quiz was never written."""
    quiz = Quiz.objects.get(concept=course.concepts.order_by("order").last())
    quiz.questions.all().delete()
    Quiz.objects.filter(pk=quiz.pk).update(status="FAILED")
    Roadmap.objects.filter(pk=course.pk).update(status="PARTIAL")


def make_failed(course, concept):
    """Its tutorial was never written."""
    Tutorial.objects.filter(concept=concept).update(status="FAILED", markdown="")
    Roadmap.objects.filter(pk=course.pk).update(status="PARTIAL")


def change(course, owner, concept):
    """Up to the rows of the new plan."""
    courses.advance(request_changes(course, by=owner, comment=f"Say more in “{concept.title}”"))
    decide_review(course.reviews.pending().get(), "APPROVED", by=None)
    return advance.advance(course.pk, Roadmap.objects.get(pk=course.pk).run_id)


def test_a_retry_of_the_whole_takes_it_over(monkeypatch, course, concept):
    make_partial(course)
    retry_artifact(concept, "tutorial")
    meanwhile(monkeypatch, lambda: retry_run(course))
    assert rewrite(concept) == "stopped"
    course.refresh_from_db()
    assert course.status == "GENERATING"  # or the run that was asked for would be refused
    assert courses.advance(course).status == "READY"
    assert Tutorial.objects.get(concept=concept).edition == 2


def test_its_message_is_refused_while_the_whole_is_being_written(course, concept):
    make_partial(course)
    retry_artifact(concept, "tutorial")
    retry_run(course)
    assert rewrite(concept) == "refused"
    assert courses.advance(course).status == "READY"
    assert rewrite(concept) == "refused"


def test_a_changed_plan_gets_no_text_of_the_old_one(monkeypatch, course, owner, concept):
    retry_artifact(concept, "tutorial")
    meanwhile(monkeypatch, lambda: change(course, owner, concept))
    assert rewrite(concept) == "stopped"
    assert Tutorial.objects.get(concept=concept).status != "READY"
    assert courses.advance(course).status == "READY"
    assert Tutorial.objects.get(concept=concept).edition == 3


def test_it_goes_on_while_a_change_waits_for_its_review(course, owner, concept, settings):
    retry_artifact(concept, "tutorial")
    courses.advance(request_changes(course, by=owner, comment="More about salt"))
    settings.DISPATCH_GRACE_SECONDS = 0
    assert recover() == 1
    assert rewrite(concept) == "READY"
    assert Roadmap.objects.get(pk=course.pk).status == "AWAITING_REVIEW"


def test_its_message_is_refused_in_the_trash_and_sent_again_after_that(
    course, owner, concept, settings
):
    retry_artifact(concept, "tutorial")
    trash.move_to_trash(course, by=owner)
    assert rewrite(concept) == "refused"
    trash.restore(course, by=owner)
    settings.DISPATCH_GRACE_SECONDS = 0
    assert recover() == 1
    assert rewrite(concept) == "READY"


def refuse_to_save(monkeypatch):
    save = writing.save

    def refused(result):
        if result.answer is not None:
            raise ValueError("no such text")
        return save(result)

    monkeypatch.setattr(writing, "save", refused)


@pytest.mark.parametrize("was_written", [True, False])
def test_an_unexpected_error_ends_it_with_its_own_reason_and_a_retry_works(
    monkeypatch, course, concept, was_written
):
    if not was_written:
        make_failed(course, concept)
    retry_artifact(concept, "tutorial")
    with monkeypatch.context() as broken:
        refuse_to_save(broken)
        assert rewrite(concept) == ("READY" if was_written else "FAILED")  # what is there stays
    assert (
        Tutorial.objects.get(concept=concept).error
        == "Unexpected ValueError; the worker's log has the details."
    )
    assert Roadmap.objects.get(pk=course.pk).status == ("READY" if was_written else "PARTIAL")
    assert recover() == 0
    retry_artifact(concept, "tutorial")
    assert rewrite(concept) == "READY"
    assert Tutorial.objects.get(concept=concept).error == ""
    assert Roadmap.objects.get(pk=course.pk).status == "READY"


def test_one_that_takes_too_long_says_so(course, concept, settings):
    make_failed(course, concept)
    retry_artifact(concept, "tutorial")
    settings.RUN_TIMEOUT_SECONDS = 0
    assert rewrite(concept) == "FAILED"
    assert Tutorial.objects.get(concept=concept).error == "It took longer than 0 seconds."
    assert not Lease.objects.exists()


def test_one_that_fails_while_another_takes_over_writes_nothing(monkeypatch, course, concept):
    make_failed(course, concept)
    retry_artifact(concept, "tutorial")

    def broken(*_):
        retry_run(course)
        raise ValueError("no such text")

    monkeypatch.setattr(generation, "stream_results", broken)
    assert rewrite(concept) == "stopped"
    assert Tutorial.objects.get(concept=concept).error == ""


def test_one_that_a_stopping_worker_hands_over_has_lost_no_attempt(monkeypatch, concept):
    asked = retry_artifact(concept, "tutorial")
    meanwhile(monkeypatch, leases.hand_over)
    assert rewrite(concept) == "stopped"
    asked.refresh_from_db()
    assert asked.attempts == 0
    assert recover() == 1
    assert rewrite(concept) == "READY"


def test_one_whose_course_is_deleted_meanwhile_stops(monkeypatch, owner, concept):
    retry_artifact(concept, "tutorial")
    meanwhile(monkeypatch, owner.delete)
    assert rewrite(concept) == "stopped"
    assert not Tutorial.objects.exists()


def test_a_lease_of_what_was_deleted_is_pruned_and_no_other(monkeypatch, owner, concept):
    deleted = retry_artifact(concept, "tutorial")
    meanwhile(monkeypatch, owner.delete)
    rewrite(concept)
    assert retention.prune()["leases"] == 0  # it ran out a moment ago, if at all
    Lease.objects.filter(subject=deleted.pk).update(expires_at=Now() - timedelta(days=2))
    with leases.hold(uuid4(), lambda: 1) as other:
        assert retention.prune()["leases"] == 1
        assert Lease.objects.get().subject == other.subject


def test_nothing_seems_to_be_written_when_a_run_was_given_up(owner, settings):
    roadmap = courses.approved(owner)
    jobs.missing_jobs(roadmap)
    assert Tutorial.objects.filter(concept__roadmap=roadmap, status="GENERATING").exists()
    long_ago = "2000-01-01T00:00:00Z"
    Roadmap.objects.filter(pk=roadmap.pk).update(
        attempts=settings.MAX_ATTEMPTS, dispatched_at=long_ago
    )
    recover()
    assert Roadmap.objects.get(pk=roadmap.pk).status == "FAILED"
    assert not Tutorial.objects.filter(concept__roadmap=roadmap, status="GENERATING").exists()
