"""What runs short: connections, memory of Redis, room on the disk, a database that takes no
writes.
"""

import contextlib

import psycopg
import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import connection

from roadmaps.engine import checkpointer
from roadmaps.models import Roadmap, RoadmapStatus
from tests.conftest import wait_for
from tests.faults.tending import SOON, connected, embedded_only, finish, several

pytestmark = pytest.mark.django_db(transaction=True)


def cut_all_connections(cursor):
    cursor.execute(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_pool_far_smaller_than_the_runs_costs_no_run_its_lease(owner, worker, models):
    small = {"DATABASE_POOL_SIZE": "1", "CHECKPOINT_POOL_SIZE": "1"}
    worker(**connected(models, **small, LLM_CONCURRENCY="40", LEASE_SECONDS="8"))
    roadmaps = several(owner, 40)
    wait_for(lambda: not Roadmap.objects.exclude(status=RoadmapStatus.AWAITING_REVIEW).exists())
    assert {Roadmap.objects.get(pk=roadmap.pk).attempts for roadmap in roadmaps} == {1}


def test_a_postgresql_without_a_free_connection_loses_no_run(owner, worker, models):
    worker(**connected(models, **SOON))
    roadmaps = several(owner)
    wait_for(lambda: models.count() >= 3)
    with contextlib.ExitStack() as taken, connection.cursor() as cursor:
        cut_all_connections(cursor)
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(psycopg.connect(**checkpointer.connection_arguments()))
        wait_for(lambda: models.at_once == 0)  # nobody gets further
    finish(roadmaps)


def test_a_full_redis_loses_no_run(owner, worker, models):
    server = redis.Redis.from_url(settings.REDIS_URL)
    living = worker(**connected(models))
    roadmaps = several(owner, 2)
    wait_for(lambda: models.count("Intent") >= 2)
    for _ in range(300):
        current_app.send_task("batch_write_logs")  # on their way when it is full
    server.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            server.set("anything", "at all")
        designed = Roadmap.objects.filter(status=RoadmapStatus.AWAITING_REVIEW)
        wait_for(lambda: designed.count() == 2)  # what had begun goes on
        roadmaps += several(owner, 2)  # kept, although no message gets out
    finally:
        server.config_set("maxmemory", 0)
    finish(roadmaps)
    assert living.process.poll() is None


def test_a_database_that_takes_no_writes_for_a_while_loses_no_run(owner, worker, models):
    worker(**connected(models, **SOON))
    roadmaps = several(owner)
    wait_for(lambda: models.count() >= 3)
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        try:
            cut_all_connections(cursor)
            wait_for(lambda: models.at_once == 0)  # nobody gets further
        finally:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            cut_all_connections(cursor)
    connection.close()
    finish(roadmaps)


@embedded_only
def test_a_full_disk_loses_no_run(owner, small_disk, worker, models):
    living = worker(**connected(models, **SOON))
    roadmaps = several(owner)
    wait_for(lambda: models.count() >= 3)
    small_disk.fill()
    wait_for(lambda: "No space left on device" in living.log.read_text())
    wait_for(lambda: models.at_once == 0)  # nobody gets further
    small_disk.clear()
    finish(roadmaps)
    assert living.process.poll() is None
