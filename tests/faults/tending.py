"""What beat, a reviewer and a patient person do while the tests break things."""

import os
import subprocess
import sys

import kombu.pools
import pytest
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection

from roadmaps.engine.recovery import recover
from roadmaps.models import Review, Roadmap, RoadmapStatus
from roadmaps.services import decide_review
from tests import courses
from tests.conftest import ROOT, wait_for
from tests.faults.storm import made_once

LASTING = 400  # seconds until all must have ended
SOON = {"LEASE_SECONDS": "4", "MAX_ATTEMPTS": "100"}  # of a worker whose leases run out in the test
embedded_only = pytest.mark.skipif(
    not settings.EMBEDDED, reason="restarts the servers, which must be our own"
)


def connected(models, **more):
    return {"LLM_MODEL": "openai:test", "LLM_BASE_URL": models.url, "LLM_CONCURRENCY": "4"} | more


def several(owner, count=4):
    return [
        courses.requested(owner, goal=f"Learn to bake bread number {number}")
        for number in range(count)
    ]


def start_services_again(*, keep_connections=False):
    """By another process of the checkout, as any of its processes would; this one's connections
    are dead.
    """
    command = [sys.executable, "-c", "from django.conf import settings; settings.DATABASES"]
    subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
    )
    if not keep_connections:
        forget_broker_connections()


def forget_broker_connections():
    """As a forked child does; those that Celery's own calls would take from the pool are dead."""
    kombu.pools.reset()
    current_app._after_fork()


def tend():
    """What beat and a reviewer do, as far as the services let them."""
    try:
        recover()
        for review in Review.objects.pending():
            decide_review(review, "APPROVED", by=None)
    except DatabaseError:
        connection.close()


def ended(*wanted):
    def reached():
        tend()
        try:
            return not Roadmap.objects.exclude(status__in=wanted).exists()
        except DatabaseError:
            connection.close()
            return False

    return reached


def finish(roadmaps):
    wait_for(ended(RoadmapStatus.READY), LASTING)
    assert all(made_once(roadmap) for roadmap in roadmaps)
