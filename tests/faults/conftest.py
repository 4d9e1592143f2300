import psycopg
import pytest
from django.db import connection

from roadmaps.engine import checkpointer, loop
from tests.conftest import wait_for
from tests.faults.small_disk import small_disk  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def recovered(transactional_db):
    """What a test has cut or used up is there again before its rows are removed and the next one
    begins.
    """
    yield
    wait_for(database_answers)
    loop.run(checkpointer.forget())
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # it may be pausing before its next try


def database_answers():
    try:
        psycopg.connect(**checkpointer.connection_arguments()).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def models(model_server, settings):
    """A server for the workers of a test that does what beat does: it sends again soon what was
    lost.
    """
    settings.LEASE_SECONDS, settings.DISPATCH_GRACE_SECONDS = 4, 3
    model_server.latency = 0.2
    return model_server
