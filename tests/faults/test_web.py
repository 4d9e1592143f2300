"""What a person reads and can still do while a service is away."""

import asyncio
import signal
import time

import pytest
import websockets
from django.conf import settings
from django.db import connection
from django.urls import reverse
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from config import outages
from logs_app import repeats
from roadmaps.models import Roadmap
from tests import courses
from tests.conftest import DEADLINE_SECONDS, wait_for
from tests.faults.tending import connected, embedded_only, finish, start_services_again
from tests.pages.test_socket_rights import in_a_thread

pytestmark = [pytest.mark.django_db(transaction=True), embedded_only]
NEW = {"goal": courses.GOAL, "level": "beginner", "hours_per_week": 1, "weeks": 1, "language": "en"}


def open_socket(web, learner, roadmap):
    cookie = f"{settings.SESSION_COOKIE_NAME}={learner.cookies[settings.SESSION_COOKIE_NAME]}"
    address = f"{web.replace('http', 'ws')}/ws/roadmaps/{roadmap.pk}/"
    headers = {"Cookie": cookie}
    return websockets.connect(
        address, origin=Origin(web), additional_headers=headers, open_timeout=DEADLINE_SECONDS
    )


def test_a_socket_that_is_closed_as_it_opens_takes_no_place_and_one_ends_with_a_sign_out_elsewhere(
    web, learner, client, owner
):
    """On a real server; the person signs out in this process, which is another."""
    roadmap = courses.requested(owner)

    async def listen():
        for _ in range(settings.SOCKETS_PER_USER + 1):
            socket = await open_socket(web, learner, roadmap)
            socket.transport.abort()
        async with asyncio.timeout(DEADLINE_SECONDS):
            socket = await open_socket(web, learner, roadmap)
            assert "snapshot" in await socket.recv()
            await asyncio.to_thread(in_a_thread, lambda: client.post(reverse("account_logout")))
            await socket.wait_closed()
            return socket.close_code

    assert asyncio.run(listen()) == 4401


def state_a_goal(browser):
    page = browser.get("/roadmaps/new/")
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    return browser.post("/roadmaps/new/", data=NEW | {"csrfmiddlewaretoken": token})


def is_a_sentence(answer):
    return (
        answer.status_code == 503
        and "database does not answer" in answer.text
        and "Traceback" not in answer.text
    )


def test_pages_say_so_while_postgresql_is_away_and_come_back_with_it(
    learner, admin_client, tmp_path
):
    assert learner.get("/roadmaps/").status_code == 200
    settings.SERVICES.stop_postgres(signal.SIGQUIT)
    connection.close()
    try:
        began = time.monotonic()
        for address in ("/roadmaps/", "/admin/", "/roadmaps/", "/admin/", "/readyz", "/readyz"):
            answer = learner.get(address)
            assert answer.status_code == 503
            assert address == "/readyz" or (
                is_a_sentence(answer) and answer.headers["Retry-After"]
            ), address
        assert "database" in learner.get("/readyz").json()["missing"]
        assert learner.get("/healthz").status_code == 200
        told = [
            line
            for line in (tmp_path / "web.log").read_text().splitlines()
            if "Service Unavailable" in line
        ]
        minutes = 1 + (time.monotonic() - began) // repeats.WINDOW_SECONDS
        assert len(told) <= 2 * minutes  # of pages, and of the probe
    finally:
        start_services_again()
    wait_for(lambda: learner.get("/roadmaps/").status_code == 200)


def test_a_postgresql_that_hangs_keeps_nobody_waiting(learner, owner, database):
    """It accepts connections and says nothing more, for as long as this test likes: an answer
    proves the limit.
    """
    roadmap = courses.requested(owner)
    cookie = "; ".join(f"{name}={value}" for name, value in learner.cookies.items())
    live = f"{learner.base_url}/ws/roadmaps/{roadmap.pk}/".replace("http://", "ws://").replace(
        "//ws/", "/ws/"
    )
    assert learner.get("/roadmaps/").status_code == 200
    database.hang()
    # The pool's idle connection hangs at the first of these, a new one at the others.
    for address in ("/roadmaps/", "/admin/", f"/roadmaps/{roadmap.pk}/"):
        assert is_a_sentence(learner.get(address)), address
    with connect(
        live, additional_headers={"Cookie": cookie}, origin=Origin(str(learner.base_url))
    ) as socket:
        with pytest.raises(ConnectionClosed):
            socket.recv(DEADLINE_SECONDS)
        assert socket.close_code == outages.TRY_AGAIN_LATER
    assert learner.get("/readyz").json()["missing"] == ["database"]
    assert learner.get("/healthz").status_code == 200
    database.go_on()
    wait_for(lambda: learner.get("/roadmaps/").status_code == 200)
    wait_for(lambda: learner.get("/readyz").status_code == 200)


def test_a_read_only_database_takes_no_goal_and_says_so(learner):
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    try:
        assert learner.get("/roadmaps/").status_code == 200
        assert is_a_sentence(state_a_goal(learner))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


def test_a_goal_stated_while_redis_is_away_is_kept_and_designed_when_it_is_back(
    learner, worker, models
):
    settings.SERVICES.stop_redis()
    try:
        stated = state_a_goal(learner)
        assert stated.status_code == 302
        page = learner.get(stated.headers["Location"])
        assert page.status_code == 200
        assert "Queued" in page.text
    finally:
        start_services_again()
    roadmap = Roadmap.objects.get()
    assert reverse("roadmap_detail", args=[roadmap.pk]) == stated.headers["Location"]
    worker(**connected(models))
    finish([roadmap])
