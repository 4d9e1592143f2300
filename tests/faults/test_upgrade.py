"""A worker of the release before lives on while the schema, the web and other workers are new
already.
"""

import io
import re
import signal
import subprocess
import tarfile

import pytest

from roadmaps.models import Roadmap
from tests import courses
from tests.conftest import DEADLINE_SECONDS, ROOT
from tests.faults.tending import connected, finish

pytestmark = pytest.mark.django_db(transaction=True)


def git(*words, text=True):
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=text)


def release_before():
    """The newest tag before this commit; where there is none, the commit that gave the changelog
    its newest version: those between may not even start.
    """
    if tag := git("describe", "--tags", "--abbrev=0", "HEAD^").stdout.strip():
        return tag
    versions = re.findall(r"^## \d.*$", git("show", "HEAD^:CHANGELOG.md").stdout, re.MULTILINE)
    if not versions:
        return ""
    commits = git("log", "--format=%H", f"-S{versions[0]}", "HEAD^", "--", "CHANGELOG.md").stdout
    return commits.split()[-1]


@pytest.fixture(scope="module")
def code_before(tmp_path_factory):
    commit = release_before()
    if not commit:
        pytest.skip("no git history here that reaches back to a release")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit, text=False).stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_an_old_worker_takes_a_new_goal_through_on_the_new_schema(
    owner, worker, models, code_before
):
    worker(code=code_before, **connected(models))
    roadmap = courses.requested(owner)
    finish([roadmap])
    assert Roadmap.objects.get().attempts == 1


def test_what_an_old_worker_began_a_new_one_ends(owner, worker, models, code_before):
    models.faults["Curriculum"] = ["hang"]
    setting = connected(
        models, STOP_SECONDS="1", LLM_TIMEOUT_SECONDS="500"
    )  # only the TERM may end what hangs
    old = worker(code=code_before, **setting)
    roadmap = courses.requested(owner)
    assert models.hanging.acquire(timeout=DEADLINE_SECONDS)
    worker(**setting)
    old.process.send_signal(signal.SIGTERM)
    old.process.wait(DEADLINE_SECONDS)
    finish([roadmap])
    assert models.count("Intent") == 1  # what the old one had asked is not asked again
