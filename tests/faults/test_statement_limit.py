"""A statement of a page that takes too long: it is stopped, and the page says so."""

from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from config import outages
from roadmaps.models import Roadmap
from roadmaps.pages.errors import was_cut_off
from tests import courses
from tests.conftest import DEADLINE_SECONDS, test_database_url
from tests.faults.test_web import NEW

pytestmark = pytest.mark.django_db(transaction=True)
# What reads or changes roadmaps: pages, acts, exports and the staff's lists and actions.
READ = {
    "a list": "/roadmaps/",
    "a page": "/roadmaps/{pk}/",
    "an export": "/roadmaps/{pk}/export/json/",
    "the gallery": "/gallery/",
    "an admin list": "/admin/roadmaps/roadmap/",
    "an admin search": "/admin/roadmaps/roadmap/?q=bread",
    "a row of the admin": "/admin/roadmaps/roadmap/{pk}/change/",
    "the dashboard": "/admin/",
}
POSTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a goal": ("/roadmaps/new/", NEW),
    "a cancellation": ("/roadmaps/{pk}/cancel/", {}),
    "an action of the admin": (
        "/admin/roadmaps/roadmap/",
        {"action": "cancel_selected", "_selected_action": "{pk}"},
    ),
}


@pytest.fixture
def web_settings(pooler):
    return {"WEB_STATEMENT_SECONDS": "1", "DATABASE_TRANSACTION_POOLER": pooler}


@pytest.fixture(params=["0", "1"], ids=["directly", "behind a pooler"])
def pooler(request):
    return request.param


@contextmanager
def locked():
    """Roadmaps, of which nothing can be read until this ends."""
    with psycopg.connect(test_database_url()) as other:
        other.execute("LOCK TABLE roadmaps_roadmap IN ACCESS EXCLUSIVE MODE")
        yield


def is_said(answer):
    return (
        answer.status_code == 503
        and "That took too long" in answer.text
        and "was not saved" in answer.text
        and answer.headers["Retry-After"]
        and "Traceback" not in answer.text
    )


def test_each_kind_of_page_says_so_stores_nothing_and_works_again(learner, owner):
    """Statements wait for the lock until the limit: without one, the requests would never end."""
    owner.is_staff = owner.is_superuser = True
    owner.save()
    roadmap = courses.requested(owner)
    page = learner.get("/roadmaps/new/").text
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    with locked():
        for name, address in READ.items():
            assert is_said(learner.get(address.format(pk=roadmap.pk))), name
        for name, (address, fields) in POSTED.items():
            data = {key: str(value).format(pk=roadmap.pk) for key, value in fields.items()}
            answer = learner.post(
                address.format(pk=roadmap.pk), data=data | {"csrfmiddlewaretoken": token}
            )
            assert is_said(answer), name
        assert learner.get("/healthz").status_code == 200
    assert list(Roadmap.objects.values_list("pk", "status")) == [(roadmap.pk, "QUEUED")]
    for name, address in READ.items():
        assert learner.get(address.format(pk=roadmap.pk), follow_redirects=True).is_success, name


def test_a_live_page_is_closed_and_may_come_back(learner, owner):
    roadmap = courses.requested(owner)
    cookie = "; ".join(f"{name}={value}" for name, value in learner.cookies.items())
    live = str(learner.base_url).replace("http://", "ws://") + f"/ws/roadmaps/{roadmap.pk}/"
    with (
        locked(),
        connect(
            live, additional_headers={"Cookie": cookie}, origin=Origin(str(learner.base_url))
        ) as socket,
    ):
        with pytest.raises(ConnectionClosed):
            socket.recv(DEADLINE_SECONDS)
        assert socket.close_code == outages.TRY_AGAIN_LATER


def test_a_command_has_no_limit(settings):
    """It waits for as long as it takes: here until the lock goes, long after a page's limit."""
    settings.WEB_STATEMENT_SECONDS = 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
        cursor.execute("SELECT pg_sleep(1.5)")


def test_other_errors_of_the_database_are_not_taken_for_it():
    assert was_cut_off(psycopg.errors.QueryCanceled("canceling statement"))
    assert not was_cut_off(OperationalError("the server closed the connection"))
