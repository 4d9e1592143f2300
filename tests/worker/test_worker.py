"""`manage.py worker`: ready soon, small where it can be, and able to begin what it takes."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.conftest import ROOT, test_database_url

OF_OTHERS = "config.urls flower prompt_toolkit sentry_sdk structlog pydantic langcodes langchain_core langgraph httpx"
LOOK = """
import sys
from celery.signals import worker_ready
from celery.worker import state
from django.core.management import execute_from_command_line

@worker_ready.connect
def look(sender, **_):
    print({seen}, file=sys.__stdout__)
    state.should_stop = 0

sys.argv = ["manage.py", "worker", "{kind}", *{options}]
execute_from_command_line(sys.argv)
"""


def seen_when_ready(seen, *options, kind="logs"):
    """What the expression `seen` is in a worker that is ready; `sender` is its consumer."""
    services = {
        "DATABASE_URL": test_database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SENTRY_DSN": "",
    }
    chosen = {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_FORMAT": "line"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(seen=seen, kind=kind, options=options)],
        cwd=ROOT,
        env=os.environ | services | chosen,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_ready_has_imported_nothing_of_pages_models_and_terminals():
    assert seen_when_ready(f'sorted(set("{OF_OTHERS}".split()) & set(sys.modules))') == "[]"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["workflow", "content"])
@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_worker_takes_no_run_before_it_could_begin_it(kind, pool):
    """While it imported, a message that it had taken would be lost with it."""
    assert (
        seen_when_ready('"langgraph.graph.state" in sys.modules', "--pool", pool, kind=kind)
        == "True"
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("pool", "module"), [("threads", "thread"), ("prefork", "prefork"), ("solo", "solo")]
)
def test_a_worker_has_the_pool_that_was_asked_for(pool, module):
    assert (
        seen_when_ready("type(sender.pool).__module__", "--pool", pool)
        == f"celery.concurrency.{module}"
    )


def test_a_kind_of_worker_that_there_is_not_is_refused():
    done = subprocess.run(
        [sys.executable, "manage.py", "worker", "everything"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 2
    assert "invalid choice: 'everything'" in done.stderr
