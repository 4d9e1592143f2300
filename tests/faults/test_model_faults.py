"""A model that misbehaves: each fault now and then, and each all the time, every roadmap with a
fault of its own.
"""

import json
import re
from collections import Counter

import pytest

from roadmaps.models import RoadmapStatus
from roadmaps.services import retry_run
from tests import courses
from tests.conftest import wait_for
from tests.faults.tending import LASTING, connected, ended, finish

pytestmark = pytest.mark.django_db(transaction=True)

REASONS = {
    "400": "answered 400: the server doesn't take the request",
    "401": "answered 401: check LLM_API_KEY",
    "404": "answered 404: check LLM_MODEL",
    "429": "answered 429, 2 times in a row. Retry later",
    "500": "answered 500, 2 times in a row. Retry later",
    "503": "answered 503, 2 times in a row. Retry later",
    "hang": "did not answer, 2 times in a row. Retry later",
    "drop": "did not answer, 2 times in a row. Retry later",
    "html": "not as a model does (check LLM_BASE_URL), 2 times in a row",
    "refused": "State the goal in other words",
    "filtered": "State the goal in other words",
    "truncated": "gave no usable answer",
    "wrong_schema": "gave no usable answer",
    "not_json": "gave no usable answer",
    "empty": "gave no usable answer",
}
HARMLESS = ("fenced", "thinking", "null_byte")


def with_fault(owner, faults):
    goal = "Learn to bake bread while the model has the fault <{}>"
    return {fault: courses.requested(owner, goal=goal.format(fault), weeks=1) for fault in faults}


def fault_of(call):
    found = re.search(r"<(\w+)>", json.dumps(call["messages"]))
    assert found
    return found[1]


def test_each_fault_at_every_tenth_call_fails_no_run(owner, worker, models):
    asked: Counter[str] = Counter()
    due: Counter[str] = Counter()
    met: set[str] = set()

    def every_tenth(call):
        """Or the one after it: what met a fault is asked again and would fail, if that were a
        tenth call as well.
        """
        fault, question = fault_of(call), json.dumps([call["schema"], call["payload"]])
        asked[fault] += 1
        due[fault] += asked[fault] % 10 == 2
        if not due[fault] or question in met:
            return None
        due[fault] -= 1
        met.add(question)
        return fault

    models.latency, models.faults["*"] = 0.05, every_tenth
    worker(**connected(models, LLM_TIMEOUT_SECONDS="6", LLM_CONCURRENCY="32"))
    roadmaps = with_fault(owner, [*REASONS, *HARMLESS])
    finish(list(roadmaps.values()))
    assert all(asked[fault] > 10 for fault in roadmaps)


def test_each_fault_at_every_call_ends_the_run_with_its_reason_and_retry_goes_on(
    owner, worker, models
):
    models.latency, models.faults["*"] = 0.05, fault_of
    worker(**connected(models, LLM_TIMEOUT_SECONDS="6", LLM_MAX_ATTEMPTS="2", LLM_CONCURRENCY="32"))
    roadmaps = with_fault(owner, [*REASONS, *HARMLESS])
    wait_for(ended(RoadmapStatus.READY, RoadmapStatus.FAILED), LASTING)
    for fault, roadmap in roadmaps.items():
        roadmap.refresh_from_db()
        assert (fault, roadmap.status) == (fault, "READY" if fault in HARMLESS else "FAILED")
        assert REASONS.get(fault, "") in roadmap.status_reason
    models.faults.clear()
    for fault in REASONS:
        retry_run(roadmaps[fault], by=owner)
    finish(list(roadmaps.values()))
