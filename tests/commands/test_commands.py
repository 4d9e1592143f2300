"""Commands as a person calls them."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from content.models import Quiz
from roadmaps.models import Roadmap
from roadmaps.operations import health
from roadmaps.runs.time_travel import history
from roadmaps.services import retry_run
from tests import courses
from tests.conftest import DEADLINE_SECONDS, ROOT, test_database_url, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
GOAL = "Learn to bake sourdough bread"


def services():
    return {"DATABASE_URL": test_database_url(), "REDIS_URL": settings.REDIS_URL}


def manage(*arguments, **environment):
    command = [sys.executable, "manage.py", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | services() | environment,
        capture_output=True,
        text=True,
        timeout=400,
    )


def test_generate_makes_a_course_and_tells_of_it_in_json(tmp_path):
    done = manage(
        "generate", GOAL, "--hours", 2, "--weeks", 1, "--approve", "--export", tmp_path, "--json"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == "READY"
    assert told["artifacts"]["READY"] == told["artifacts"]["TOTAL"] == told["concepts"] * 3
    assert told["model_calls"] >= told["concepts"] * 3
    assert len(list(tmp_path.rglob("*.md"))) == told["concepts"] + 1
    assert Roadmap.objects.get(pk=told["roadmap_id"]).status == "READY"


def test_generate_stops_at_the_review_and_works_with_a_model_server(model_server):
    model = {"LLM_MODEL": "openai:test", "LLM_BASE_URL": model_server.url}
    done = manage("generate", GOAL, "--hours", 2, "--weeks", 1, "--json", **model)
    assert json.loads(done.stdout)["status"] == "AWAITING_REVIEW"
    assert model_server.count() == 3


def test_generate_ends_with_the_reason_of_a_failed_run(model_server):
    model_server.faults["*"] = lambda call: "401"
    done = manage("generate", GOAL, LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url)
    assert done.returncode == 1
    assert "check LLM_API_KEY" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([""], "State what you want to learn"),
        (["x" * 10_000], "at most 2000 characters"),
        ([GOAL, "--hours", "0"], "hours_per_week"),
        ([GOAL, "--hours", "200"], "hours_per_week"),
        ([GOAL, "--language", "klingonish"], "no known language"),
        ([GOAL, "--level", "genius"], "genius is not one of"),
        ([GOAL, "--export", "out"], "--export needs --approve"),
        (
            [GOAL, "--approve", "--export", "/dev/null/out"],
            "/dev/null/out can't be written .* choose another folder",
        ),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("generate", *arguments)
    assert not Roadmap.objects.exists()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL: expected an address"),
        (
            {"DATABASE_URL": "postgresql://nobody@localhost:1/none"},
            "PostgreSQL (DATABASE_URL) does not answer",
        ),
        ({"REDIS_URL": "redis://localhost:1/0"}, "Redis (REDIS_URL) does not answer"),
        ({"LLM_MODEL": "gpt"}, "LLM_MODEL='gpt': expected provider:model"),
        ({"LLM_MODEL": "nobody:x"}, "nobody"),
        ({"LLM_MODELS": '{"poet": "openai:x"}'}, "with roles intent, curriculum"),
        ({"LEASE_SECONDS": "soon"}, "LEASE_SECONDS='soon': expected a whole number"),
        ({"WORKER_POOL": "fibers"}, "one of threads, prefork, solo"),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence(environment, sentence):
    done = manage("generate", GOAL, **environment)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not Roadmap.objects.exists()


def test_a_generate_that_is_killed_leaves_no_worker():
    command = [sys.executable, "manage.py", "generate", GOAL]
    killed = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | services(), stdout=subprocess.DEVNULL
    )
    workers = wait_for(
        lambda: [one for one in psutil.Process(killed.pid).children() if "worker" in one.cmdline()]
    )
    killed.kill()
    killed.wait(DEADLINE_SECONDS)
    wait_for(lambda: not any(one.is_running() for one in workers))


def test_recover_by_hand_sends_what_is_stuck(capsys):
    roadmap = courses.requested(courses.person("owner"))
    Roadmap.objects.filter(pk=roadmap.pk).update(dispatched_at="2000-01-01T00:00:00Z")
    call_command("recover")
    call_command("recover")
    assert capsys.readouterr().out.splitlines() == ["1 sent again", "0 sent again"]


def test_prune_takes_what_is_old_and_leaves_the_course(capsys):
    owner = courses.person("owner")
    old, new = courses.written(owner), courses.written(owner)
    Roadmap.objects.filter(pk=old.pk).update(updated_at="2000-01-01T00:00:00Z")
    call_command("prune")
    told = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    assert told["threads"] == "1 deleted"
    assert told["model_calls"].split()[0] == str(3 + old.concepts.count() * 3)
    assert old.concepts.exists()
    assert new.concepts.exists()
    call_command("prune")
    assert "threads: 0 deleted" in capsys.readouterr().out


def test_a_partly_written_course_can_be_finished_when_its_thread_is_pruned():
    roadmap = courses.written(courses.person("owner"))
    Roadmap.objects.filter(pk=roadmap.pk).update(
        status="PARTIAL", updated_at="2000-01-01T00:00:00Z"
    )
    Quiz.objects.filter(concept=roadmap.concepts.first()).update(status="FAILED")
    call_command("prune")
    assert history(roadmap) == []
    retry_run(roadmap)
    assert courses.advance(roadmap).status == "READY"


@pytest.fixture
def beat_process(tmp_path):
    """Start a beat, and read what it tells."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments):
        log = tmp_path / f"beat{len(started)}.log"
        command = [sys.executable, "manage.py", "beat", *arguments]
        environment = os.environ | services() | {"LOG_LEVEL": "INFO"}
        with log.open("w") as out:
            started.append(
                subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
            )
        return started[-1], log.read_text

    yield start
    for process in started:
        process.kill()
        process.wait(DEADLINE_SECONDS)


def end(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(DEADLINE_SECONDS)


def test_only_one_beat_runs_per_database_and_one_on_standby_follows_it(beat_process):
    first, _ = beat_process()
    wait_for(lambda: "no beat runs" not in health.beat()[0].text)  # it has the lock
    second = manage("beat")
    assert second.returncode == 1
    assert "Another beat is running" in second.stderr

    follower, told = beat_process("--standby")
    stopped, told_by_stopped = beat_process("--standby")
    for waits in (told, told_by_stopped):
        wait_for(lambda waits=waits: "this one waits for its end" in waits())
    assert end(stopped) == 0

    end(first)
    wait_for(lambda: "beat: Starting" in told())
    assert health.beat()[0].state == health.OK, told()
    assert end(follower) == 0, told()
