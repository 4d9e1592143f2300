"""A part that is written anew, and at the same moment its learner does something with it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from celery import current_app
from django.db import connection, transaction
from django.db.models.signals import post_delete
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from content.artifacts import generation, writing
from content.artifacts.kinds import KINDS
from content.artifacts.rewrites import retry_artifact
from content.models import Quiz
from content.signals import quiz_written
from learning import quizzes, reading
from learning.models import Attempt, Card, Reading
from roadmaps.engine import checkpointer
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Concept, Review, Roadmap
from roadmaps.pages.errors import NothingThere
from roadmaps.plan import shape
from roadmaps.removal import erasure
from roadmaps.runs import publishing
from roadmaps.services import retry_run
from roadmaps.signals import content_taken_over
from tests import courses
from tests.conftest import DEADLINE_SECONDS, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch):
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)


@pytest.fixture
def concept(owner):
    return courses.written(owner).concepts.get(order=1)


@pytest.fixture
def beside():
    """Begin a call in a thread of its own: beside(call, *args) returns its future."""

    def called(call, *args):
        try:
            return call(*args)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        yield lambda call, *args: pool.submit(called, call, *args)


class Held:
    """A place in a program at which a thread stops until it is let go."""

    def __init__(self):
        self._reached, self._let_go = threading.Event(), threading.Event()

    def __call__(self, *_, **__):
        self._reached.set()
        assert self._let_go.wait(DEADLINE_SECONDS)

    def wait(self):
        assert self._reached.wait(DEADLINE_SECONDS)

    def let_go(self):
        self._let_go.set()


def over_or_waiting(future):
    """It is done, or waits for somebody's lock."""
    with psycopg.connect(**checkpointer.connection_arguments()) as own:
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        wait_for(lambda: future.done() or own.execute(waiting).rowcount)


def rewrite(concept, kind="quiz"):
    return generation.rewrite(
        kind, concept.pk, KINDS[kind].model.objects.get(concept=concept).run_id
    )


def right_answers(concept):
    given = QueryDict(mutable=True)
    for question in concept.quiz.questions.all():
        given.setlist(f"question-{question.pk}", [str(index) for index in question.correct_indexes])
    return given


def post_answers(owner, concept, given):
    browser = Client(raise_request_exception=False)
    browser.force_login(owner)
    address = reverse("concept_quiz", args=[concept.roadmap_id, concept.slug])
    return browser.post(address, dict(given.lists()), follow=True)


def test_who_answers_a_quiz_that_is_being_replaced_is_told_so(owner, concept, beside):
    given = right_answers(concept)
    retry_artifact(concept, "quiz")
    replaced = Held()
    quiz_written.connect(replaced)
    try:
        rewriting = beside(rewrite, concept)
        replaced.wait()
        answering = beside(post_answers, owner, concept, given)
        over_or_waiting(answering)
    finally:
        quiz_written.disconnect(replaced)
        replaced.let_go()
    page = answering.result()
    assert page.status_code == 200
    assert "The quiz was written anew meanwhile." in page.content.decode()
    assert rewriting.result() == "READY"
    assert not Attempt.objects.exists()
    assert not Card.objects.exists()


@pytest.mark.parametrize("does", ["answers", "completes"])
def test_a_rewrite_waits_for_what_its_learner_is_doing(owner, concept, beside, does):
    given = right_answers(concept)
    retry_artifact(concept, "quiz")
    with transaction.atomic():
        if does == "answers":
            quizzes.answer(owner, concept, given)
        else:
            reading.complete(owner, concept)
        rewriting = beside(rewrite, concept)
        over_or_waiting(rewriting)
    assert rewriting.result() == "READY"
    assert Reading.objects.filter(user=owner, concept=concept).exists()
    questions = set(Quiz.objects.get(concept=concept).questions.values_list("pk", flat=True))
    assert set(Card.objects.of(owner).values_list("question", flat=True)) == questions


def make_partial(concept, *kinds):
    """These parts were never written."""
    for kind in kinds:
        KINDS[kind].model.objects.filter(concept=concept).update(status="FAILED")
    Roadmap.objects.filter(pk=concept.roadmap_id).update(status="PARTIAL")


def test_the_last_two_parts_end_at_the_same_moment_and_the_course_is_ready(
    monkeypatch, concept, beside
):
    make_partial(concept, "tutorial", "resources")
    for kind in ("tutorial", "resources"):
        retry_artifact(concept, kind)
    saved, settle = threading.Barrier(2, timeout=DEADLINE_SECONDS), writing.settle
    monkeypatch.setattr(writing, "settle", lambda *args: (saved.wait(), settle(*args)))
    ending = [beside(rewrite, concept, kind) for kind in ("tutorial", "resources")]
    assert [one.result() for one in ending] == ["READY", "READY"]
    assert Roadmap.objects.get(pk=concept.roadmap_id).status == "READY"


def test_asking_again_just_before_it_ends_is_refused_and_ends_nothing(monkeypatch, concept, beside):
    make_partial(concept, "tutorial")
    retry_artifact(concept, "tutorial")
    saved, settle = Held(), writing.settle
    monkeypatch.setattr(writing, "settle", lambda *args: (saved(), settle(*args)))
    ending = beside(rewrite, concept, "tutorial")
    saved.wait()
    asking = beside(retry_artifact, concept, "tutorial")
    over_or_waiting(asking)
    saved.let_go()
    with pytest.raises(InvalidTransition, match="is being written already"):
        asking.result()
    assert ending.result() == "READY"
    assert Roadmap.objects.get(pk=concept.roadmap_id).status == "READY"


def test_one_that_began_just_before_a_retry_locked_its_course_is_taken_over(
    monkeypatch, concept, beside
):
    make_partial(concept, "resources")
    answered, results, begun = Held(), generation.stream_results, []

    def held_back(roadmap, jobs, held):
        for result in results(roadmap, jobs, held):
            if held.subject != roadmap.pk:
                answered()
            yield result

    def asked_for(**_):
        beside(retry_artifact, concept, "tutorial").result()
        begun.append(beside(rewrite, concept, "tutorial"))
        answered.wait()

    monkeypatch.setattr(generation, "stream_results", held_back)
    content_taken_over.connect(asked_for)
    try:
        course = retry_run(Roadmap.objects.get(pk=concept.roadmap_id))
    finally:
        content_taken_over.disconnect(asked_for)
    assert courses.advance(course).status == "READY"
    answered.let_go()
    assert begun[0].result() == "stopped"


def test_asking_while_its_course_is_being_deleted_is_refused(owner, concept, beside):
    parts_are_gone = Held()
    post_delete.connect(parts_are_gone, sender=Concept)
    try:
        deleting = beside(owner.delete)
        parts_are_gone.wait()
        asking = beside(retry_artifact, concept, "tutorial")
        over_or_waiting(asking)
    finally:
        post_delete.disconnect(parts_are_gone, sender=Concept)
        parts_are_gone.let_go()
    deleting.result()
    with pytest.raises(InvalidTransition, match="was deleted meanwhile"):
        asking.result()
    assert not Roadmap.objects.exists()


def plan_without(concept):
    plan = publishing.read(concept.roadmap)
    for module in shape.modules(plan):
        module["concepts"] = [one for one in module["concepts"] if one["id"] != concept.key]
    return plan


@transaction.atomic
def take_away(concept, plan, before_commit=None):
    publishing.update(concept.roadmap, plan)
    if before_commit:
        before_commit()


def keep(owner, concept, what, given):
    return (
        quizzes.answer(owner, concept, given)
        if what == "answers"
        else reading.keep_note(owner, concept, "Mine")
    )


@pytest.mark.parametrize("what", ["note", "answers"])
def test_a_changed_plan_waits_for_what_a_learner_keeps_of_a_concept_that_goes(
    owner, concept, beside, what
):
    plan, given = plan_without(concept), right_answers(concept)
    with transaction.atomic():
        keep(owner, concept, what, given)
        changing = beside(take_away, concept, plan)
        over_or_waiting(changing)
    changing.result()
    assert not Concept.objects.filter(pk=concept.pk).exists()
    assert not Reading.objects.exists()


@pytest.mark.parametrize("what", ["note", "answers"])
def test_nothing_is_kept_of_a_concept_that_a_changed_plan_has_taken_away(
    owner, concept, beside, what
):
    plan, given, gone = plan_without(concept), right_answers(concept), Held()
    changing = beside(take_away, concept, plan, gone)
    gone.wait()
    keeping = beside(keep, owner, concept, what, given)
    over_or_waiting(keeping)
    gone.let_go()
    changing.result()
    with pytest.raises(NothingThere, match="no longer part of this course"):
        keeping.result()


@pytest.mark.parametrize("first", ["concept", "tutorial", "roadmap"])
def test_who_erases_a_roadmap_waits_for_who_locks_it_in_order(owner, beside, first):
    """Nobody waits for each other: lease, concept, artifact, roadmap, review."""
    roadmap = courses.written(owner)
    review = roadmap.reviews.get()
    concept = roadmap.concepts.get(order=1)
    rows = [
        ("concept", Concept.objects.filter(pk=concept.pk)),
        ("tutorial", KINDS["tutorial"].model.objects.filter(concept=concept)),
        ("roadmap", Roadmap.objects.filter(pk=roadmap.pk)),
        ("review", Review.objects.filter(pk=review.pk)),
    ]
    with transaction.atomic():
        for name, row in rows:
            assert list(row.select_for_update())
            if name == first:
                erasing = beside(erasure.erase, Roadmap.objects.filter(pk=roadmap.pk))
                over_or_waiting(erasing)
    assert erasing.result() == 1
