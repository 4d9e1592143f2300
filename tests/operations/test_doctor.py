"""The doctor names what is wrong and what to do, for each thing that can be."""

import html
import json
import re
import time
from collections import namedtuple

import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from logs_app import stream
from roadmaps import telemetry
from roadmaps.engine import beat_lock
from roadmaps.operations import health, heartbeats, queues, schedules
from roadmaps.operations.health import services, work
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
    assert {one["check"] for one in found} == {
        check.__name__ for check in (*health.QUICK, *health.SLOW)
    }
    served = [one["text"] for one in found if one["check"] == "listeners"]
    assert all("1 listens" in text and "the last heartbeat" in text for text in served)
    assert any("processes may take" in one["text"] for one in found)


def found_when_all_is_well(capsys):
    """What the doctor found, unless something must be seen to: a worker on a busy machine may not
    answer in time.
    """
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
    monkeypatch.setattr(beat_lock, "LOCK", 1234)
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
    monkeypatch.setattr(services, "redis_time", lambda: time.time() + ahead)
    finding = only(health.clocks())
    assert finding.state == state
    assert ("Redis" in finding.text and "synchronise" in finding.remedy) or state == health.OK


@pytest.mark.parametrize(
    ("told", "state", "text"),
    [
        ({"maxmemory_policy": "allkeys-lru", "used_memory": 1}, health.FAIL, "allkeys-lru"),
        (
            {"maxmemory_policy": "noeviction", "used_memory": 90, "maxmemory": 100},
            health.WARN,
            "nearly full",
        ),
        (
            {"maxmemory_policy": "noeviction", "used_memory": 10, "maxmemory": 100},
            health.OK,
            "throws nothing away",
        ),
    ],
)
def test_a_redis_that_forgets_or_is_full_is_named(told, state, text):
    finding = only(services.memory(told))
    assert (finding.state, text in finding.text) == (state, True)


def test_a_redis_without_persistence_is_named():
    assert only(services.persistence({"aof_enabled": 0})).state == health.WARN
    full = only(services.persistence({"aof_enabled": 1, "aof_last_write_status": "err"}))
    assert (full.state, "disk is full" in full.remedy) == (health.FAIL, True)
    assert {one.state for one in health.broker()} == {
        health.OK
    }  # the embedded one keeps what it holds


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
    ("given", "https", "state"),
    [(True, True, health.OK), (False, True, health.FAIL), (False, False, health.WARN)],
)
def test_a_missing_secret_is_named(settings, given, https, state):
    settings.SECRET_KEY = "k" * 60
    settings.SECRET_KEY_GIVEN, settings.HTTPS = given, https
    assert only(health.secrets()).state == state


@pytest.mark.parametrize(
    ("debug", "https", "state"),
    [(False, True, health.OK), (True, False, health.WARN), (True, True, health.FAIL)],
)
def test_debug_is_named_wherever_it_is_on(settings, debug, https, state):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    settings.DEBUG, settings.HTTPS = debug, https
    assert only(health.debug()).state == state


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("BEHIND_PROXY", True, "BEHIND_PROXY is on"),
        ("ALLOWED_HOSTS", ["localhost", "*"], r"ALLOWED_HOSTS names \*"),
        ("ALLOWED_HOSTS", ["127.0.0.1", "192.168.0.5"], "ALLOWED_HOSTS names 192.168.0.5"),
        ("ALLOWED_HOSTS", [".example.com"], "ALLOWED_HOSTS names .example.com"),
        ("ALLOWED_HOSTS", ["localhost.example.com"], "ALLOWED_HOSTS names localhost.example"),
        ("PUBLIC_URL", "http://cairn.example.com", "PUBLIC_URL is http://cairn.example.com"),
    ],
)
def test_debug_fails_where_others_can_come(settings, name, value, reason):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "cairn.localhost"]
    assert only(health.debug()).state == health.WARN
    setattr(settings, name, value)
    finding = only(health.debug())
    assert finding.state == health.FAIL
    assert re.search(reason, finding.text)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"REVIEW_DUE_HOURS": 2, "REVIEW_REMIND_HOURS": 4},
            "REVIEW_REMIND_HOURS (4) is more than REVIEW_DUE_HOURS (2)",
        ),
        (
            {"LLM_TIMEOUT_SECONDS": 1000},
            "LLM_TIMEOUT_SECONDS (1000) is more than NODE_TIMEOUT_SECONDS",
        ),
        (
            {"RUN_TIMEOUT_SECONDS": 60},
            "NODE_TIMEOUT_SECONDS (900) is more than RUN_TIMEOUT_SECONDS (60)",
        ),
        (
            {"LLM_BASE_URL": "http://models.example/v1"},
            "LLM_BASE_URL is set, and no model that would use it",
        ),
        ({"LLM_API_KEY": "sk-key"}, "LLM_API_KEY is set, and no model"),
    ],
)
def test_settings_that_contradict_each_other_are_named(settings, values, sentence):
    assert only(health.limits()).state == health.OK
    for name, value in values.items():
        setattr(settings, name, value)
    finding = only(health.limits())
    assert (finding.state, bool(finding.remedy)) == (health.WARN, True)
    assert sentence in finding.text


def test_reviews_that_are_never_due_need_no_reminder_before(settings):
    settings.REVIEW_DUE_HOURS = 0
    assert only(health.limits()).state == health.OK


@pytest.mark.parametrize(
    ("values", "state", "sentence"),
    [
        ({"PUBLIC_URL": "https://cairn.example.com"}, health.OK, "agree"),
        (
            {"PUBLIC_URL": "https://other.example.com"},
            health.WARN,
            "a host that ALLOWED_HOSTS does not name",
        ),
        (
            {"PUBLIC_URL": "http://cairn.example.com", "HTTPS": True},
            health.WARN,
            "HTTPS is on, and PUBLIC_URL is http:",
        ),
        (
            {"PUBLIC_URL": "http://cairn.example.com", "ADMIN_PATH": "roadmaps/"},
            health.FAIL,
            "of another page",
        ),
        (
            {"PUBLIC_URL": "http://cairn.example.com", "ADMIN_PATH": "nothing/"},
            health.FAIL,
            "of another page",
        ),
    ],
)
def test_addresses_that_lead_elsewhere_are_named(settings, values, state, sentence):
    settings.ALLOWED_HOSTS = ["cairn.example.com"]
    for name, value in values.items():
        setattr(settings, name, value)
    finding = only(health.addresses())
    assert finding.state == state
    assert sentence in finding.text


def test_refused_and_misspelt_settings_are_named(settings):
    assert only(health.settings_read()).state == health.OK
    settings.REFUSED_SETTINGS = ["LEASE_SECONDS='soon': expected a whole number from 1 to 1000000"]
    settings.MISSPELT_SETTINGS = {"LLM_MODLE": "LLM_MODEL"}
    refused, misspelt = health.settings_read()
    assert (refused.state, misspelt.state) == (health.FAIL, health.WARN)
    assert "LEASE_SECONDS='soon'" in refused.text
    assert misspelt.text == "LLM_MODLE is no setting of Cairn: did you mean LLM_MODEL?"


def test_what_django_itself_finds_is_named(settings):
    assert only(health.framework()).state == health.OK
    settings.CSRF_TRUSTED_ORIGINS = ["cairn.example.com"]
    finding = only(health.framework())
    assert (finding.state, bool(finding.remedy)) == (health.FAIL, True)
    assert "CSRF_TRUSTED_ORIGINS" in finding.text


def test_a_check_that_breaks_says_so_without_a_password_and_stops_no_other(monkeypatch):
    def wrong_setting():
        raise ValueError("no port in redis://user:hidden-word@host")

    first, second = health.examine((wrong_setting, health.debug))
    assert (first.check, first.finding.state) == ("wrong_setting", health.FAIL)
    assert "ValueError: no port" in first.finding.text
    assert "hidden-word" not in first.finding.sentence
    assert second.finding.state == health.OK


def test_a_mail_backend_that_is_none_is_named(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.NoBackend"
    assert "is no mail backend" in only(health.mail()).text


def test_schedules_that_are_switched_off_or_missing_are_named(admin_client):
    assert "not written its schedules yet" in only(health.schedules()).text
    every = IntervalSchedule.objects.create(every=1, period="hours")
    for name in schedules.owned_names():
        PeriodicTask.objects.create(name=name, task="maintenance.prune", interval=every)
    PeriodicTask.objects.create(name="of an operator", task="x", interval=every, enabled=False)
    assert only(health.schedules()).state == health.OK
    PeriodicTask.objects.filter(name="recover").update(enabled=False)
    PeriodicTask.objects.get(name="prune").delete()
    missing, off = health.schedules()
    assert {missing.state, off.state} == {health.WARN}
    assert "“prune” is missing" in missing.text
    assert "“recover” is switched off" in off.text
    page = html.unescape(admin_client.get("/admin/system/").content.decode())
    for finding in (missing, off):  # in the same words
        assert finding.text[1:] in page
        assert finding.remedy[1:] in page


def test_a_short_secret_is_named(settings):
    settings.SECRET_KEY_GIVEN, settings.SECRET_KEY = True, "short"
    assert only(health.secrets()).state == health.WARN


@pytest.mark.parametrize(
    ("free", "state"), [(10**12, health.OK), (5 * 10**8, health.WARN), (10**6, health.FAIL)]
)
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


def test_the_system_page_shows_the_same_checks_states_and_sentences(admin_client, messages):
    page = html.unescape(admin_client.get("/admin/system/").content.decode())
    for result in health.examine(
        [check for check in health.QUICK if check not in (health.clocks, health.broker)]
    ):
        assert f"check: {result.check}" in page
        assert result.finding.text[1:] in page  # it begins with a capital there
        assert f">{result.finding.state}</" in page


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
