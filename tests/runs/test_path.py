"""From a goal to a course through real queues, a real worker and a real model server."""

import uuid

import pytest
from celery import current_app
from django.core.exceptions import PermissionDenied, ValidationError

from content.artifacts.kinds import KINDS, counts
from content.artifacts.rewrites import retry_artifact
from logs_app.models import ExecutionLog
from roadmaps.engine.recovery import recover
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import ModelCall, Review, Roadmap
from roadmaps.services import cancel_run, decide_review, request_roadmap, retry_run
from roadmaps.workflow.steps import MAIN
from tests.conftest import DEADLINE_SECONDS, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def ask_for_course(owner, **preferences):
    return request_roadmap(
        owner=owner, goal="Learn to bake sourdough bread", hours_per_week=3, weeks=2, **preferences
    )


def status_is(roadmap, *wanted):
    def reached():
        roadmap.refresh_from_db()
        assert roadmap.status in wanted or roadmap.status != "FAILED", roadmap.status_reason
        return roadmap.status in wanted

    return reached


def reach_review(roadmap):
    wait_for(status_is(roadmap, "AWAITING_REVIEW"))
    return roadmap.reviews.pending().get()


def finish(roadmap, by):
    decide_review(reach_review(roadmap), "APPROVED", by=by)
    wait_for(status_is(roadmap, "READY"))


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_a_goal_becomes_a_finished_course(owner, reviewer, worker, model_server, method):
    worker(LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url, LLM_STRUCTURED_OUTPUT=method)
    roadmap = ask_for_course(owner)
    finish(roadmap, reviewer)

    concepts = roadmap.concepts.count()
    assert counts(roadmap)["READY"] == counts(roadmap)["TOTAL"] == concepts * 3
    assert all(concept.quiz.questions.count() >= 1 for concept in roadmap.concepts.all())
    assert all("<h2" in concept.tutorial.html for concept in roadmap.concepts.all())
    assert {call["method"] for call in model_server.calls} == {method}
    assert ModelCall.objects.filter(thread_id=roadmap.thread_id).count() == len(model_server.calls)


def test_the_execution_log_tells_the_run_in_order(owner, reviewer, worker):
    worker()
    roadmap = ask_for_course(owner)
    reach_review(roadmap)
    log = ExecutionLog.objects.filter(roadmap_id=roadmap.pk).order_by("sequence")
    wait_for(lambda: log.filter(event="review_requested").exists())
    events = list(log.values_list("event", flat=True))
    assert events[0] == "requested"
    assert events[-1] == "review_requested"
    nodes = [
        data["node"] for data in log.filter(event="node_finished").values_list("data", flat=True)
    ]
    assert nodes[: len(MAIN) - 1] == list(MAIN[:-1])  # the last waits for a person


def test_requested_changes_come_back_as_a_second_draft_with_its_operations(owner, reviewer, worker):
    worker()
    roadmap = ask_for_course(owner)
    first = reach_review(roadmap)
    decide_review(first, "CHANGES_REQUESTED", by=reviewer, comment="Add something about rye flour")
    wait_for(lambda: roadmap.reviews.count() == 2)
    second = reach_review(roadmap)
    assert second.draft.number == 2
    assert second.draft.origin == "REVIEWER"
    assert second.draft.operations
    assert second.draft.plan != first.draft.plan
    decide_review(second, "APPROVED", by=reviewer)
    wait_for(status_is(roadmap, "READY"))
    assert roadmap.drafts.count() == 2


def test_a_review_is_decided_once(owner, reviewer, worker):
    worker()
    roadmap = ask_for_course(owner)
    review = reach_review(roadmap)
    with pytest.raises(PermissionDenied):
        decide_review(review, "APPROVED", by=owner)
    with pytest.raises(ValidationError):
        decide_review(review, "CHANGES_REQUESTED", by=reviewer, comment="  ")
    decide_review(review, "REJECTED", by=reviewer, comment="Not for us")
    with pytest.raises(InvalidTransition, match="already decided: rejected by reviewer"):
        decide_review(review, "APPROVED", by=reviewer)
    roadmap.refresh_from_db()
    assert roadmap.status == "REJECTED"
    with pytest.raises(InvalidTransition):
        retry_run(roadmap)


def test_a_second_delivery_changes_nothing(owner, reviewer, worker):
    worker()
    roadmap = ask_for_course(owner)
    run = roadmap.run_id
    for _ in range(3):
        current_app.send_task(
            "roadmap_generation.generate_roadmap", args=[str(roadmap.pk)], task_id=str(run)
        )
    review = reach_review(roadmap)
    current_app.send_task(
        "workflow_resume.resume_after_review", args=[str(roadmap.pk)], task_id=str(run)
    )
    stranger = current_app.send_task("workflow_resume.resume_after_review", args=[str(roadmap.pk)])
    assert stranger.get(timeout=DEADLINE_SECONDS) == "refused"
    assert list(roadmap.reviews.all()) == [review]
    assert roadmap.drafts.count() == 1


def test_a_killed_worker_s_run_is_finished_without_paying_twice(
    owner, reviewer, worker, model_server
):
    model_server.latency = 0.5
    settings = {"LLM_MODEL": "openai:test", "LLM_BASE_URL": model_server.url}
    first = worker(**settings, LEASE_SECONDS="4")
    roadmap = ask_for_course(owner)
    wait_for(lambda: model_server.count() >= 3)
    first.kill()
    in_flight = 1
    worker(**settings)
    wait_for(lambda: recover() or status_is(roadmap, "AWAITING_REVIEW")())
    finish(roadmap, reviewer)
    answered = ModelCall.objects.filter(thread_id=roadmap.thread_id).count()
    assert model_server.count() <= answered + in_flight


def test_cancelling_stops_the_model_call_and_retry_goes_on(owner, reviewer, worker, model_server):
    model_server.faults["Curriculum"] = ["hang"]
    worker(LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url)
    roadmap = ask_for_course(owner)
    wait_for(lambda: model_server.count("Curriculum") == 1)
    cancel_run(roadmap, by=owner)
    assert roadmap.status == "CANCELLED"
    with pytest.raises(InvalidTransition):
        cancel_run(roadmap, by=owner)
    retry_run(roadmap, by=owner)
    finish(roadmap, reviewer)
    assert model_server.count("Intent") == 1


def test_a_permanent_model_error_fails_with_a_reason_and_retry_works(owner, worker, model_server):
    model_server.faults["Intent"] = ["401"] * 2
    worker(LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url)
    roadmap = ask_for_course(owner)
    wait_for(lambda: Roadmap.objects.get(pk=roadmap.pk).status == "FAILED")
    roadmap.refresh_from_db()
    assert "401" in roadmap.status_reason
    retry_run(roadmap, by=owner)
    reach_review(roadmap)


def test_one_failed_artifact_stays_its_own_and_can_be_rewritten(
    owner, reviewer, worker, model_server
):
    refused: list[str] = []

    def refuse_one_quiz(call):
        """Twice the same request: a model is asked once more before a refusal is final."""
        asked = str(call["messages"])
        if len(refused) < 2 and asked in (refused or [asked]):
            refused.append(asked)
            return "400"
        return None

    model_server.faults["QuizAnswer"] = refuse_one_quiz
    worker(LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url)
    roadmap = ask_for_course(owner)
    decide_review(reach_review(roadmap), "APPROVED", by=reviewer)
    wait_for(status_is(roadmap, "PARTIAL"))
    assert counts(roadmap)["FAILED"] == 1
    failed = KINDS["quiz"].model.objects.get(status="FAILED")
    assert failed.error
    retry_artifact(failed.concept, "quiz")
    wait_for(status_is(roadmap, "READY"))
    assert failed.concept.quiz.questions.exists()


def test_a_rewrite_asks_the_model_again_and_keeps_one_row(owner, reviewer, worker, model_server):
    worker(LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url)
    roadmap = ask_for_course(owner)
    finish(roadmap, reviewer)
    concept, asked = roadmap.concepts.first(), model_server.count("TutorialAnswer")
    for name, kind in KINDS.items():
        retry_artifact(concept, name)
        with pytest.raises(InvalidTransition, match="already"):
            retry_artifact(concept, name)
        rows = kind.model.objects.filter(concept=concept, status="READY")
        wait_for(rows.exists)
    assert model_server.count("TutorialAnswer") == asked + 1
    roadmap.refresh_from_db()
    assert roadmap.status == "READY"


def test_a_lost_message_is_sent_again(owner, worker, settings):
    settings.DISPATCH_GRACE_SECONDS = 3
    roadmap = ask_for_course(owner)
    current_app.control.purge()
    worker()
    wait_for(lambda: recover() or Review.objects.filter(roadmap=roadmap).exists())


def test_a_run_that_kills_its_workers_ends_with_the_reason(owner, settings):
    roadmap = ask_for_course(owner)
    long_ago = "2000-01-01T00:00:00Z"
    Roadmap.objects.filter(pk=roadmap.pk).update(
        attempts=settings.MAX_ATTEMPTS, dispatched_at=long_ago
    )
    recover()
    roadmap.refresh_from_db()
    assert roadmap.status == "FAILED"
    assert "died" in roadmap.status_reason


def test_a_pruned_thread_is_a_clear_error_and_never_starts_anew(owner, reviewer, worker):
    from roadmaps.engine import checkpointer, loop

    worker()
    roadmap = ask_for_course(owner)
    review = reach_review(roadmap)
    loop.run(checkpointer.delete_thread(str(roadmap.thread_id)))
    decide_review(review, "APPROVED", by=reviewer)
    wait_for(lambda: Roadmap.objects.get(pk=roadmap.pk).status == "FAILED")
    assert "gone" in Roadmap.objects.get(pk=roadmap.pk).status_reason


def test_every_task_is_registered_and_a_worker_takes_only_its_queues(owner, worker):
    worker(queues="content_generation")
    told = wait_for(lambda: current_app.control.inspect(timeout=10).registered())
    registered = next(iter(told.values()))
    assert {
        "roadmap_generation.generate_roadmap",
        "workflow_resume.resume_after_review",
        "workflow_resume.resume_from_checkpoint",
        "generate_roadmap_content",
        "retry_tutorial_task",
        "retry_resources_task",
        "retry_quiz_task",
        "batch_write_logs",
    } <= set(registered)
    roadmap = ask_for_course(owner)
    done = current_app.send_task(
        "generate_roadmap_content", args=[str(roadmap.pk)], task_id=str(uuid.uuid4())
    )
    assert done.get(timeout=DEADLINE_SECONDS) == "refused"
    roadmap.refresh_from_db()
    assert roadmap.status == "QUEUED"


@pytest.mark.parametrize(
    "bad",
    [
        {"goal": ""},
        {"goal": "x" * 10_000},
        {"hours_per_week": 0},
        {"hours_per_week": 200},
        {"target_date": "2001-01-01"},
        {"language": "klingonish"},
    ],
)
def test_bad_input_is_refused_with_its_field_and_leaves_nothing(owner, bad):
    (field,) = bad
    with pytest.raises(ValidationError) as refused:
        request_roadmap(owner=owner, **({"goal": "Learn to bake bread"} | bad))
    assert field in refused.value.message_dict
    assert not Roadmap.objects.exists()
