"""Nobody fills the disk or the memory of the web by what a request brings."""

import asyncio
import tempfile

import pytest
from asgiref.testing import ApplicationCommunicator

from config.asgi import application
from tests.conftest import DEADLINE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
PIECE = b"a" * 1000


@pytest.fixture(autouse=True)
def small(settings):
    settings.IMPORT_MAX_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5000


async def post(pieces, length=None):
    """The status of the answer, and how many pieces of the body were taken."""
    headers = [(b"host", b"localhost"), (b"content-type", b"application/octet-stream")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/offline/",
        "query_string": b"",
        "headers": headers,
    }
    asked = ApplicationCommunicator(application, scope)
    for left in reversed(range(pieces)):
        await asked.send_input({"type": "http.request", "body": PIECE, "more_body": left > 0})
    status = (await asked.receive_output(timeout=DEADLINE_SECONDS))["status"]
    while (await asked.receive_output(timeout=DEADLINE_SECONDS)).get("more_body"):
        pass
    await asked.wait(timeout=DEADLINE_SECONDS)
    return status, pieces - asked.input_queue.qsize()


def test_a_body_that_says_it_is_too_long_is_refused_unread():
    assert asyncio.run(post(3, length=10_001)) == (413, 0)


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off(monkeypatch):
    kept = []
    spooled = tempfile.SpooledTemporaryFile

    def spool(*args, **options):
        kept.append(spooled(*args, **options))
        return kept[-1]

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", spool)
    assert asyncio.run(post(50)) == (413, 11)
    assert [file.closed for file in kept] == [True]


def test_what_is_not_too_long_is_looked_at():
    status, taken = asyncio.run(post(10, length=10_000))
    assert status in (403, 405)  # by the page that was asked
    assert taken == 10
