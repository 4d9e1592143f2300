"""Stating a goal: what the page says before it is sent, questions asked back, and how much may
run.
"""

import re
import threading
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from roadmaps.models import ModelCall, Roadmap
from roadmaps.removal.retention import prune
from roadmaps.request import estimates
from roadmaps.request.forms import RoadmapForm
from roadmaps.services import cancel_run, request_roadmap, retry_run
from tests import courses
from tests.pages.test_pages import FORM

pytestmark = pytest.mark.django_db(transaction=True)


def asked_back(browser, **more):
    page = browser.post(reverse("roadmap_new"), FORM | {"ask_first": "on"} | more)
    return page, page.context["signed"]


def test_examples_fill_the_form_without_a_script(browser):
    page = browser.get(
        reverse("roadmap_new"),
        {"goal": "Bake bread that rises", "weeks": "4", "formats": ["books"]},
    )
    form = page.context["form"]
    assert (form.initial["goal"], form.initial["weeks"]) == ("Bake bread that rises", "4")
    assert 'value="books"' in page.content.decode()
    assert "?goal=" in page.content.decode()


def test_the_estimate_follows_the_time_and_says_when_it_can_not(browser):
    address = reverse("roadmap_estimate")
    short = browser.get(address, {"hours_per_week": "1", "weeks": "2"}).context["estimate"]
    long = browser.get(address, {"hours_per_week": "10", "weeks": "20"}).context["estimate"]
    assert short.concepts < long.concepts
    assert long.artifacts == 3 * long.concepts
    for wrong in ({}, {"hours_per_week": "0", "weeks": "2"}, {"hours_per_week": "x", "weeks": "-"}):
        answer = browser.get(address, wrong)
        assert answer.status_code == 200
        assert "to see how much that will be" in answer.content.decode()
        assert len(re.findall(r"<dd>\s*–\s*</dd>", answer.content.decode())) == 4


def test_the_estimate_is_right_about_the_built_in_author(owner):
    roadmap = courses.approved(owner, hours_per_week=3, weeks=2)
    expected = estimates.for_request(3, 2)
    assert (expected.stages, expected.concepts) == (
        roadmap.stages.count(),
        roadmap.concepts.count(),
    )


def test_the_estimate_counts_the_critic_by_whom_a_plan_is_approved(db, settings):
    by_people = estimates.for_request(3, 2).calls
    settings.AUTO_APPROVE_MIN_SCORE = 90
    assert estimates.for_request(3, 2).calls == by_people + 1


def test_the_estimate_is_timed_by_recent_calls_of_the_same_model(settings):
    settings.LLM_MODEL, settings.LLM_CONCURRENCY = "openai:slow", 1
    usual = estimates.for_plan(4, 20).minutes
    for number in range(3):
        call = {"role": "tutorial", "input_hash": str(number), "answer": {}, "seconds": 600.0}
        ModelCall.objects.create(thread_id=uuid.uuid4(), model="openai:slow", **call)
        ModelCall.objects.create(thread_id=uuid.uuid4(), model="openai:other", **call)
    assert estimates.for_plan(4, 20).minutes > 200 > usual


def test_answers_become_part_of_the_request_and_change_the_plan(browser):
    page, signed = asked_back(browser)
    assert len(page.context["asked"]) == 3
    assert not Roadmap.objects.exists()
    answers = {"asked": signed, "answer-0": "The crust", "answer-1": "", "answer-2": "An old oven"}
    browser.post(reverse("roadmap_questions"), answers)
    roadmap = Roadmap.objects.get()
    assert [one["answer"] for one in roadmap.clarifications] == ["The crust", "An old oven"]
    draft = courses.advance(roadmap).drafts.get()
    assert "The crust" in draft.intent["key_topics"]
    assert "An old oven" in draft.plan["summary"]
    browser.post(reverse("roadmap_questions"), answers)  # twice
    assert Roadmap.objects.count() == 1


def test_questions_can_be_skipped(browser):
    _, signed = asked_back(browser)
    browser.post(
        reverse("roadmap_questions"), {"asked": signed, "answer-0": "The crust", "skip": "1"}
    )
    assert Roadmap.objects.get().clarifications == []


def test_forged_foreign_and_overlong_answers_are_refused_with_a_sentence(browser, client):
    _, signed = asked_back(browser)
    long = browser.post(reverse("roadmap_questions"), {"asked": signed, "answer-0": "x" * 1001})
    assert long.status_code == 400
    assert "at most 1000 characters" in long.content.decode()
    for forged in ("", "nonsense", signed[:-2]):
        answer = browser.post(reverse("roadmap_questions"), {"asked": forged}, follow=True)
        assert "have run out" in answer.content.decode()
    client.force_login(courses.person("stranger"))
    assert (
        "have run out"
        in client.post(
            reverse("roadmap_questions"), {"asked": signed}, follow=True
        ).content.decode()
    )
    assert not Roadmap.objects.exists()
    assert client.get(reverse("roadmap_questions")).status_code == 405


def test_a_model_that_can_not_ask_is_told_of_and_the_design_begins(browser, settings):
    settings.LLM_MODEL = "nobody:nothing"
    answer = browser.post(reverse("roadmap_new"), FORM | {"ask_first": "on"}, follow=True)
    assert "No questions could be asked" in answer.content.decode()
    assert Roadmap.objects.get().clarifications == []


def test_what_may_run_is_limited_and_the_sentence_names_it(browser, owner, operator, settings):
    settings.MAX_RUNNING_ROADMAPS = 2
    first = courses.requested(owner, goal="Learn to keep bees in a city")
    courses.requested(owner, goal="Learn to sail a small boat")
    for extra in ({}, {"ask_first": "on"}):
        answer = browser.post(reverse("roadmap_new"), FORM | extra)
        assert answer.status_code == 400
        assert "keep bees" in answer.content.decode()
        assert "sail a small boat" in answer.content.decode()
    cancel_run(first, by=owner)
    assert browser.post(reverse("roadmap_new"), FORM).status_code == 302
    with pytest.raises(ValidationError):
        retry_run(first, by=owner)
    assert retry_run(first, by=operator).status == "QUEUED"  # staff are not held up
    courses.requested(courses.person("other"))  # nor is anybody else
    settings.MAX_RUNNING_ROADMAPS = 0
    courses.requested(owner)


def test_many_requests_at_once_do_not_slip_past_the_limit(owner, settings):
    settings.MAX_RUNNING_ROADMAPS = 2
    refused = []

    def ask():
        try:
            request_roadmap(owner=owner, goal=courses.GOAL)
        except ValidationError as exc:
            refused.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Roadmap.objects.count() == 2
    assert len(refused) == 4


def test_calls_of_questions_that_led_to_nothing_are_pruned(browser):
    asked_back(browser)
    ModelCall.objects.update(created_at="2020-01-01T00:00Z")
    assert prune()["model_calls"] == 1
    assert not ModelCall.objects.exists()


@pytest.mark.parametrize(
    ("goal", "enough"),
    [("学会弹钢琴", True), ("弹钢琴", False), ("the piano!", True), ("piano", False)],
)
def test_a_goal_is_as_short_as_its_script_allows(goal, enough):
    assert ("goal" not in RoadmapForm(RoadmapForm.defaults() | {"goal": goal}).errors) is enough
