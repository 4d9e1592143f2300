"""No report that people read or paste shows a password, a key or a token of the installation."""

import json
import os
import re
import subprocess
import sys

import httpx
import pytest
import redis
from celery import current_app
from django.conf import settings

from docs import source
from logs_app import redaction
from tests.conftest import DEADLINE_SECONDS, ROOT, test_database_url, wait_for
from tests.e2e.conftest import free_port
from tests.faults.tending import embedded_only

REPORTS = """
import sys
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import RequestFactory
from django.views.debug import technical_500_response
from config.celery import app

def fail(key, caches):
    raise ValueError(f"refused {settings.DATABASE_URL}")

try:
    fail(settings.LLM_API_KEY, settings.CACHES)
except ValueError:
    raised = sys.exc_info()

for accepted in ("text/html", "text/plain"):
    request = RequestFactory().get("/", headers={"Accept": accepted})
    print(technical_500_response(request, *raised).content.decode())
call_command("diffsettings", "--all")
call_command("diffsettings", "--output=unified")
print(app.bugreport())
print(app.conf.humanize(with_defaults=True))
"""
ADDRESS = re.compile(r"`(\w+)://")


def secret_settings(begin="canary-"):
    """Every variable that is a secret by its name or an address, with a value to look for.

    Without a beginning the values are as short as somebody may choose them.
    """
    chosen = {"SOCIAL_PROVIDERS": "github", "SOCIAL_GITHUB_CLIENT_ID": "public"}
    chosen["SOCIAL_GITHUB_SECRET"] = f"{begin}SOCIAL&'<secret>" if begin else "zqxGH"
    for number, setting in enumerate(source.settings()):
        canary = f"{begin}{setting.name}" if begin else f"zqx{number}"
        if scheme := ADDRESS.search(setting.accepts):
            chosen[setting.name] = f"{scheme.group(1)}://user:{canary}%21@localhost:1/1"
        elif setting.name == "FLOWER_BASIC_AUTH":
            chosen[setting.name] = f"operator:{canary}"
        elif redaction.SECRET_NAME.search(setting.name):
            chosen[setting.name] = canary
    chosen["SENTRY_DSN"] = f"https://{begin or 'zqx'}sentry@localhost:1/1"
    return chosen


def reports(chosen, program=REPORTS):
    own = {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | chosen | own,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_secret_of_any_setting_is_in_a_report():
    chosen = secret_settings()
    assert {"SECRET_KEY", "LLM_API_KEY", "EMAIL_HOST_PASSWORD", "METRICS_TOKEN"} <= set(chosen)
    assert {"DATABASE_URL", "REDIS_URL", "LLM_BASE_URL", "DJANGO_SUPERUSER_PASSWORD"} <= set(chosen)
    told = reports(chosen)
    for part in ("Traceback", "CHANNEL_LAYERS", "SOCIALACCOUNT_PROVIDERS", "software -> celery"):
        assert part in told
    assert [line for line in told.splitlines() if "canary" in line] == []
    assert "refused postgresql://[removed]@localhost:1/1" in told


SETTINGS = """
import django
django.setup()
from django.views.debug import get_default_exception_reporter_filter
for name, value in get_default_exception_reporter_filter().get_safe_settings().items():
    print(name, value)
"""


def test_no_short_secret_is_among_the_settings_of_a_debug_page():
    """Too short to be looked for in every text: by its name, or by its place in an address."""
    chosen = secret_settings(begin="")
    chosen["DATABASE_URL"] = "postgresql://localhost:1/1?password=zqxDB&user=cairn"
    told = reports(chosen, SETTINGS)
    assert "SOCIALACCOUNT_PROVIDERS" in told
    assert [line for line in told.splitlines() if "zqx" in line] == []
    assert "EMAIL_HOST localhost" in told


def test_celery_is_configured_with_its_own_settings_only():
    shown = current_app.conf.table(with_defaults=True)
    assert [name for name in shown if name.isupper()] == []
    assert "broker_url" in shown


@pytest.fixture
def register():
    """`redaction.register`, taken back at the end."""
    before = set(redaction.secrets_anywhere), set(redaction.secrets_in_quotes)
    yield redaction.register
    redaction.secrets_anywhere, redaction.secrets_in_quotes = before


def test_a_short_secret_is_redacted_as_a_value_and_left_in_other_words(register):
    register("cat7")
    assert redaction.redact("{'PASSWORD': 'cat7'} cat71") == "{'PASSWORD': '[removed]'} cat71"
    assert redaction.redact("cat7") == "[removed]"


def test_an_empty_setting_redacts_nothing(register):
    register("")
    assert redaction.redact("a '' b") == "a '' b"


@pytest.fixture
def redis_with_password():
    """The tests' Redis by an address with a user and a password in it."""
    password = "canary-of-the-broker"
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.acl_setuser(
            "guarded",
            enabled=True,
            reset=True,
            passwords=f"+{password}",
            keys="*",
            channels="*",
            commands=["+@all"],
        )
        yield settings.REDIS_URL.replace("://", f"://guarded:{password}@")
        client.acl_deluser("guarded")


@pytest.fixture
def flower(tmp_path):
    """Start `celery -A config flower` with more of its environment; returns its address."""
    processes = []

    def start(**environment):
        port = free_port()
        command = [sys.executable, "-m", "celery", "-A", "config", "flower", f"--port={port}"]
        with (tmp_path / "flower.log").open("w") as log:
            own = os.environ | environment
            processes.append(subprocess.Popen(command, cwd=ROOT, env=own, stdout=log, stderr=log))
        return f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


@embedded_only
@pytest.mark.django_db(transaction=True)
def test_workers_and_flower_tell_no_secret_to_who_asks(worker, flower, redis_with_password):
    environment = secret_settings() | {
        "REDIS_URL": redis_with_password,
        "DATABASE_URL": re.sub(r"(//\w+)", r"\1:canary-of-the-database", test_database_url()),
        "LLM_BASE_URL": "",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    }
    asked = worker(**environment)

    inspect = current_app.control.inspect(limit=1, timeout=DEADLINE_SECONDS)
    for question in ("conf", "stats", "report", "registered", "active", "scheduled", "reserved"):
        answer = getattr(inspect, question)()
        assert answer, question
        assert "canary" not in json.dumps(answer), question
    assert "canary" not in json.dumps(inspect.conf(with_defaults=True))
    assert "canary" not in asked.log.read_text()

    address = flower(**environment)
    signed_in = httpx.Client(auth=("operator", "canary-FLOWER_BASIC_AUTH"), timeout=60)

    def workers():
        try:
            told = signed_in.get(f"{address}/api/workers", params={"refresh": "1"})
        except httpx.TransportError:
            return None
        return told if "broker_url" in told.text else None

    assert "canary" not in wait_for(workers).text
    name = next(iter(workers().json()))
    page = signed_in.get(f"{address}/worker/{name}")
    assert page.status_code == 200
    assert "canary" not in page.text + signed_in.get(f"{address}/broker").text
