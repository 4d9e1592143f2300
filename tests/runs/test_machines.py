"""Machines share work through the addresses of PostgreSQL and Redis alone: no file, no socket, no
memory.
"""

from contextlib import ExitStack

import pytest
from django.conf import settings

from roadmaps.models import Roadmap
from tests import courses, tcp
from tests.conftest import test_database_url as own_database_url
from tests.conftest import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
ROADMAPS = 20


@pytest.fixture
def addresses(transactional_db):
    """The services as another machine is told of them."""
    database = own_database_url()
    with ExitStack() as forwarders:
        database_port = forwarders.enter_context(tcp.forwarded(tcp.of_database(database)))
        redis_port = forwarders.enter_context(tcp.forwarded(tcp.of_redis(settings.REDIS_URL)))
        yield {
            "DATABASE_URL": tcp.database_url(database, "127.0.0.1", database_port),
            "REDIS_URL": tcp.redis_url(settings.REDIS_URL, "127.0.0.1", redis_port),
            "SECRET_KEY": "the same on all machines",
        }


def test_two_machines_share_one_queue(addresses, worker, model_server, tmp_path):
    model_server.latency = 0.2
    for name in ("one", "another"):
        models = {"LLM_MODEL": "openai:test", "LLM_BASE_URL": model_server.url, "LLM_API_KEY": name}
        worker(**addresses, **models, VAR_DIR=str(tmp_path / name))
    owner = courses.person("owner")
    wait_for(lambda: both_work(owner, model_server))
    assert model_server.count("Intent") == Roadmap.objects.count()
    assert not any((tmp_path / name / "postgres").exists() for name in ("one", "another"))


def both_work(owner, model_server):
    """Whether both had some of these runs: while one is held up, the other may take them all."""
    for number in range(ROADMAPS):
        courses.requested(owner, goal=f"Learn to bake bread number {number}")
    wait_for(lambda: not Roadmap.objects.exclude(status="AWAITING_REVIEW").exists())
    return {call["authorization"] for call in model_server.calls} == {
        "Bearer one",
        "Bearer another",
    }
