"""The doctor names what is wrong and what to do, for each thing that can be."""

import json
import time
from collections import namedtuple

import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from logs_app import stream
from roadmaps import health, heartbeats, one_beat, queues, telemetry
from roadmaps.health import services, work
from tests import courses
from tests.conftest import DEADLINE_SECONDS, wait_for

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def messages():
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.flushall()
        yield client
        client.flushall()


def only(findings):
    (finding,) = findings
    return finding


@pytest.mark.django_db(transaction=True)
def test_the_doctor_tells_what_is_missing_and_that_all_is_well(worker, beat, capsys, settings):
    with pytest.raises(CommandError, match="findings must be seen to"):
        call_command("doctor")
    told = capsys.readouterr().out
    assert "nobody listens on roadmap_workflow, " in told
    assert "start manage.py worker workflow" in told
    assert "no beat runs" in told
    worker()
    for _ in range(work.BEATS_MAX + 1):
        heartbeats.probe(DEADLINE_SECONDS)
    assert heartbeats.sent_within(work.BEATS_WITHIN) == 0  # who asks often is no beat
    beat()
    # These tests' own process may have told as well, if it has served a page before.
    wait_for(lambda: {one["kind"] for one in telemetry.processes().values()} >= {"worker", "beat"})
    found = wait_for(lambda: found_when_all_is_well(capsys))
    assert {one["check"] for one in found} == {check.__name__ for check in (*health.QUICK, *health.SLOW)}
    served = [one["text"] for one in found if one["check"] == "listeners"]
    assert all("1 listens" in text and "the last heartbeat" in text for text in served)
    assert any("processes may take" in one["text"] for one in found)


def found_when_all_is_well(capsys):
    """What the doctor found, unless something must be seen to: a worker on a busy machine may not answer in time."""
    try:
        call_command("doctor", json=True)
    except CommandError:
        return None
    finally:
        told = capsys.readouterr().out
    return json.loads(told)


def test_what_fails_or_is_to_be_looked_at_says_what_to_do(messages, settings, monkeypatch):
    settings.LLM_MODEL = "openai:test"
    settings.LLM_BASE_URL = "http://127.0.0.1:1/v1"
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(100, 100, 0))
    for check in (*health.QUICK, *health.SLOW):
        for finding in check():
            assert (finding.remedy == "") == (finding.state == health.OK), finding


def test_everything_says_so_while_redis_is_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert only(health.broker()).state == health.FAIL
    assert only(health.clocks()).state == health.WARN
    assert only(health.connections()).state == health.OK


def test_a_task_that_stays_in_its_queue_is_explained(messages):
    courses.requested(courses.person("owner"))
    messages.lpush("roadmap_workflow", json.dumps({"headers": {"sent_at": time.time() - 3000}}))
    finding = next(one for one in health.listeners() if "roadmap_workflow" in one.text)
    assert finding.state == health.FAIL
    assert "nobody listens" in finding.text
    assert "the oldest for 30" in finding.text
    assert finding.remedy == "start manage.py worker workflow"


def test_who_listens_but_takes_nothing_is_no_listener(messages, monkeypatch):
    monkeypatch.setattr(queues, "workers", lambda: {"somebody": list(django_settings.QUEUES)})
    assert {one.state for one in health.listeners()} == {health.WARN}
    for queue in django_settings.QUEUES:
        heartbeats.record(queue, "somebody", time.time())
    assert {one.state for one in health.listeners()} == {health.OK}
    monkeypatch.setattr(work, "SILENT_SECONDS", -1)
    assert all("full or hang" in one.remedy for one in health.listeners())


def test_two_beats_are_noticed_and_one_is_not_mistaken_for_two(messages, monkeypatch):
    monkeypatch.setattr(one_beat, "LOCK", 1234)
    assert "no beat runs" in only(health.beat()).text
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1234)")
    now = time.time()
    for ago in range(0, 60, 10):
        heartbeats.record("logs", "somebody", now - ago)
    assert only(health.beat()).state == health.OK
    for ago in range(3, 60, 10):
        heartbeats.record("logs", "somebody", now - ago)
    assert "more than one beat" in only(health.beat()).text


@pytest.mark.parametrize(("ahead", "state"), [(0, health.OK), (2, health.WARN), (-60, health.FAIL)])
def test_clocks_that_disagree_are_named(monkeypatch, ahead, state):
    monkeypatch.setattr(services, "_redis_time", lambda: time.time() + ahead)
    finding = only(health.clocks())
    assert finding.state == state
    assert ("Redis" in finding.text and "synchronise" in finding.remedy) or state == health.OK


@pytest.mark.parametrize(
    ("told", "state", "text"),
    [
        ({"maxmemory_policy": "allkeys-lru", "used_memory": 1}, health.FAIL, "allkeys-lru"),
        ({"maxmemory_policy": "noeviction", "used_memory": 90, "maxmemory": 100}, health.WARN, "nearly full"),
        ({"maxmemory_policy": "noeviction", "used_memory": 10, "maxmemory": 100}, health.OK, "throws nothing away"),
    ],
)
def test_a_redis_that_forgets_or_is_full_is_named(told, state, text):
    finding = only(services._memory(told))
    assert (finding.state, text in finding.text) == (state, True)


def test_a_redis_without_persistence_is_named():
    assert only(services._persistence({"aof_enabled": 0})).state == health.WARN
    assert {one.state for one in health.broker()} == {health.OK}  # the embedded one keeps what it holds


@pytest.mark.parametrize(("longest", "state"), [(3600, "ok"), (8 * 24 * 3600, "fail")])
def test_runs_that_outlast_redis_patience_are_named(settings, longest, state):
    settings.RUN_TIMEOUT_SECONDS = longest
    (found,) = [one for one in services.broker() if "delivered again" in one.text]
    assert found.state == state
    assert ("lower RUN_TIMEOUT_SECONDS" in found.remedy) == (state == "fail")


def test_more_connections_than_postgresql_allows_are_named(settings, messages):
    settings.DATABASE_POOL_SIZE = 1000
    assert only(health.connections()).state == health.FAIL
    settings.DATABASE_TRANSACTION_POOLER = True
    assert only(health.connections()).state == health.OK


def test_models_are_asked_whether_they_are_there(settings, model_server):
    assert "built-in author answers" in only(health.reach()).text
    settings.LLM_MODEL, settings.LLM_BASE_URL = "openai:reached", model_server.url
    assert only(health.reach()).state == health.OK
    assert model_server.count() == 0  # nothing was paid for
    settings.LLM_MODEL, settings.LLM_BASE_URL = "openai:away", "http://127.0.0.1:1/v1"
    finding = only(health.reach())
    assert finding.state == health.FAIL
    assert "LLM_BASE_URL" in finding.remedy


def test_mail_that_goes_nowhere_or_is_refused_is_named(settings):
    assert only(health.mail()).state == health.WARN
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert only(health.mail()).state == health.FAIL


@pytest.mark.parametrize(
    ("given", "https", "debug", "state"),
    [
        (True, True, False, health.OK),
        (False, True, False, health.FAIL),
        (False, False, False, health.WARN),
        (True, True, True, health.FAIL),
    ],
)
def test_a_missing_secret_or_debug_in_public_is_named(settings, given, https, debug, state):
    settings.SECRET_KEY = "k" * 60
    settings.SECRET_KEY_GIVEN, settings.HTTPS, settings.DEBUG = given, https, debug
    assert only(health.secrets()).state == state


def test_a_short_secret_is_named(settings):
    settings.SECRET_KEY_GIVEN, settings.SECRET_KEY = True, "short"
    assert only(health.secrets()).state == health.WARN


@pytest.mark.parametrize(("free", "state"), [(10**12, health.OK), (5 * 10**8, health.WARN), (10**6, health.FAIL)])
def test_a_full_disk_is_named(monkeypatch, free, state):
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**12, 10**12 - free, free))
    assert only(health.disk()).state == state


def test_refused_events_and_missing_packages_are_named(messages, monkeypatch):
    assert only(health.refused_logs()).state == health.OK
    messages.xadd(stream.REFUSED, {"line": "{}"})
    assert "1 events" in only(health.refused_logs()).text
    assert only(health.static_files()).state == health.OK
    monkeypatch.setattr("django.contrib.staticfiles.finders.find", lambda name: None)
    assert "templates/packages/install" in only(health.static_files()).remedy


def test_the_system_page_says_the_same(admin_client, client, messages):
    page = admin_client.get("/admin/system/").content.decode()
    assert "No beat runs, so nothing is recovered" in page
    assert "Start manage.py beat" in page
    part = admin_client.get("/admin/system/checks/").content.decode()
    assert "Nobody listens on logs" in part
    assert "Built-in author answers" in part
    client.logout()
    assert client.get("/admin/system/checks/").status_code == 302
    client.force_login(courses.person("guest", staff=True))
    assert client.get("/admin/system/checks/").status_code == 403
