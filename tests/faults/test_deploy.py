"""A new version is started and the old one is told to stop, under load."""

import signal

import pytest

from roadmaps.engine.recovery import recover
from roadmaps.models import Roadmap, RoadmapStatus
from tests.conftest import DEADLINE_SECONDS, wait_for
from tests.faults.tending import connected, several

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = 100


def test_a_deploy_under_a_hundred_runs_loses_none_and_counts_no_attempt(owner, worker, models):
    models.faults["Curriculum"] = ["hang"] * RUNS
    patient = {
        "LEASE_SECONDS": "60",
        "LLM_TIMEOUT_SECONDS": "500",
    }  # only the TERM may end what hangs
    setting = connected(models, **patient, LLM_CONCURRENCY=str(RUNS), STOP_SECONDS="1")
    old = worker(**setting)
    roadmaps = several(owner, RUNS)
    for _ in range(RUNS):
        assert models.hanging.acquire(timeout=DEADLINE_SECONDS)
    worker(**setting)
    old.process.send_signal(signal.SIGTERM)
    assert old.process.wait(DEADLINE_SECONDS) == 0
    wait_for(
        lambda: (
            recover(),
            not Roadmap.objects.exclude(status=RoadmapStatus.AWAITING_REVIEW).exists(),
        )[1]
    )
    assert {roadmap.attempts for roadmap in Roadmap.objects.all()} == {1}
    assert [roadmap.reviews.count() for roadmap in roadmaps] == [1] * RUNS
    assert models.count("Intent") == RUNS  # what was finished before is not asked again
    assert models.count("Curriculum") == 2 * RUNS
