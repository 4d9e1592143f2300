"""What load balancers, Kubernetes and Prometheus ask, by address and without a session."""

import asyncio
import contextlib
import socket
import threading
from ipaddress import ip_network

import pytest
from django.db import connection, connections
from django.test import AsyncClient

from roadmaps.operations import health, probes
from tests import tcp
from tests.conftest import test_database_url, wait_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_known():
    probes.all_applied.cache_clear()


@contextlib.contextmanager
def silent_server():
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield server.getsockname()[1]


@pytest.fixture
def database_at(settings):
    """Give the threads of probes another address of PostgreSQL; the tests' own connection stays."""
    kept = dict(connection.settings_dict)

    def use(port):
        connection.close_pool()  # type: ignore[attr-defined]
        connections.settings["default"].update({"HOST": "127.0.0.1", "PORT": str(port)})

    yield use
    connections.settings["default"].update({name: kept[name] for name in ("HOST", "PORT")})
    connection.close_pool()  # type: ignore[attr-defined]


def test_a_process_lives_whatever_else_is_away(client, settings, database_at):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    database_at(1)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_ready_when_everything_is_there(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_it_is_not_ready_without_postgresql(client, database_at):
    database_at(1)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["database"])


def test_it_is_not_ready_without_redis_and_tells_no_address(client, settings):
    settings.REDIS_URL = "redis://:hidden-password@127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["broker"])
    assert "hidden-password" not in answer.content.decode()


def test_services_that_hang_are_missing_and_hold_one_thread_each(client, settings, database_at):
    with silent_server() as redis_port, tcp.line(tcp.of_database(test_database_url())) as database:
        database_at(database.port)
        assert client.get("/readyz").status_code == 200
        settings.REDIS_URL = f"redis://127.0.0.1:{redis_port}/0"
        # also over the connection that the pool has: without a limit there would never be an
        # answer
        database.hang()
        for _ in range(3):
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json()["missing"]) == (503, ["database", "broker"])
        assert sum(thread.name == "cairn-ready" for thread in threading.enumerate()) <= 2
    assert probes.READY_SECONDS < 2
    wait_for(lambda: not any(thread.name == "cairn-ready" for thread in threading.enumerate()))


def test_an_exhausted_pool_keeps_no_probe_waiting(client, settings, database_at):
    connection.close_pool()  # type: ignore[attr-defined]
    settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 1
    try:
        taken = connection.pool  # type: ignore[attr-defined]
        taken.open()
        held = taken.getconn()
        assert client.get("/readyz").json()["missing"] == ["database"]
        taken.putconn(held)
        assert client.get("/readyz").status_code == 200
    finally:
        settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = settings.DATABASE_POOL_SIZE
        connection.close_pool()  # type: ignore[attr-defined]


def test_it_is_not_ready_while_migrations_wait_and_looks_again(client, monkeypatch):
    with monkeypatch.context() as waiting:
        waiting.setattr(
            health, "migrations", lambda: [health.Finding(health.FAIL, "1 migrations wait")]
        )
        assert client.get("/readyz").json()["missing"] == ["migrations"]
    assert client.get("/readyz").status_code == 200


def test_readiness_is_cheap_once_migrations_are_known(client, monkeypatch):
    assert client.get("/readyz").status_code == 200
    monkeypatch.delattr(health, "migrations")
    assert client.get("/readyz").status_code == 200


def test_probes_come_by_address_and_without_https(client, settings):
    settings.ALLOWED_HOSTS = ["cairn.example"]
    settings.SECURE_SSL_REDIRECT = True
    for address in ("/healthz", "/readyz"):
        assert client.get(address, headers={"Host": "10.1.2.3:8000"}).status_code == 200
    assert client.get("/roadmaps/", headers={"Host": "10.1.2.3:8000"}).status_code == 400


def test_probes_only_look(client):
    for address in ("/healthz", "/readyz", "/metrics"):
        assert client.post(address).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_probes_answer_under_asgi_too():
    async def ask():
        client = AsyncClient()
        return [
            (await client.get(address)).status_code
            for address in ("/healthz", "/readyz", "/metrics", "/")
        ]

    assert asyncio.run(ask()) == [200, 200, 404, 200]


def test_metrics_are_not_there_for_strangers(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "right-token"
    for given in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "right-token"},
        {"Authorization": "Bearer "},
    ):
        assert client.get("/metrics", headers=given).status_code == 404


def test_metrics_are_there_for_the_token_or_the_network(client, settings):
    settings.METRICS_TOKEN = "right-token"
    answer = client.get("/metrics", headers={"Authorization": "Bearer right-token"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    settings.METRICS_TOKEN = ""
    settings.METRICS_ALLOW = [ip_network("127.0.0.0/8")]
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.1").status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 404


@pytest.mark.parametrize(
    "told", [{"X-Forwarded-For": "10.0.0.1, 203.0.113.7"}, {"Forwarded": "for=10.0.0.1"}]
)
def test_what_came_through_a_proxy_is_never_near(client, settings, told):
    # A web that trusts its proxy takes the first of these addresses for the visitor's: anybody can
    # send one.
    settings.METRICS_ALLOW = [ip_network("10.0.0.0/8")]
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.1", headers=told).status_code == 404
