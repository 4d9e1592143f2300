"""A wrong setting stops the start by its name, doctor shows all of them, and a misspelt one is
asked about.
"""

import contextlib
import json
import logging
import os
import runpy
import subprocess
import sys

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from langchain.chat_models import base as langchain

from config import env
from config.settings import language_models
from docs import reference
from tests.conftest import ROOT

PROVIDERS = language_models.LLM_PROVIDERS
READERS = {
    "url": lambda name: env.url(name, ("http", "https")),
    "database": env.database_url,
    "redis": env.redis_url,
    "dsn": env.dsn,
    "hosts": lambda name: env.hosts(name, []),
    "origins": env.origins,
    "host": lambda name: env.host(name, "localhost"),
    "mailbox": lambda name: env.mailbox(name, "cairn@localhost"),
    "mailboxes": env.mailboxes,
    "networks": env.networks,
    "token": env.token,
    "model": lambda name: env.model_name(name, PROVIDERS),
    "models": lambda name: env.models_by_role(name, ("intent", "quiz"), PROVIDERS),
    "prices": env.prices,
    "integer": lambda name: env.integer(name, 1),
    "flag": lambda name: env.flag(name, False),
    "path": lambda name: env.path(name, "admin/"),
    "class": lambda name: env.python_class(name, "email.message.Message"),
    "user": env.user_and_password,
    "rates": lambda name: env.rates(name, "1/h/person"),
}


@pytest.mark.parametrize(
    ("reader", "value", "reason"),
    [
        ("url", "https://", "names no host"),
        ("url", "https:///path", "names no host"),
        ("url", "example.com", "starts with http"),
        ("url", "http://host:port", "its port is no number"),
        ("url", "http://host:99999", "its port is no number"),
        ("url", "http://[::1", "starts with http"),
        ("url", "http://a b", "spaces"),
        ("database", "postgresql://", "names no host"),
        ("database", "postgresql://user@", "names no host"),
        ("database", "mysql://x/y", "starts with postgresql"),
        ("database", "postgresql://host:port/x", "its port is no number"),
        ("database", "postgresql://host/x?nothing=1", "not a PostgreSQL address"),
        ("database", f"postgresql://host/{'x' * 64}", "longer than 63 bytes"),
        ("redis", "redis://", "names no host"),
        ("redis", "redis:///0", "names no host"),
        ("redis", "redis://host/first", "number of a database"),
        ("redis", "redis://host:0/1", "its port is no number"),
        ("redis", "unix://", "path of a socket"),
        ("redis", "redis://host/0?socket_timeout=long", "starts with redis"),
        ("dsn", "https://host/1", "a DSN such as"),
        ("dsn", "https://key@host/project", "a DSN such as"),
        ("hosts", "https://cairn.example.com", "not 'https://cairn.example.com'"),
        ("hosts", "a.example.com, b.example.com:8000", "not 'b.example.com:8000'"),
        ("hosts", "a.example.com/", "without https://, port or path"),
        ("hosts", "bücher.example", "host names"),
        ("origins", "cairn.example.com", "origins such as"),
        ("origins", "https://cairn.example.com/", "origins such as"),
        ("origins", "https://", "origins such as"),
        ("host", "smtp://mail.example.com", "without scheme and port"),
        ("host", "mail.example.com:25", "without scheme and port"),
        ("mailbox", "cairn", "an e-mail address"),
        ("mailbox", "cairn@", "an e-mail address"),
        ("mailbox", "Cairn <cairn at example.com>", "an e-mail address"),
        ("mailbox", "a@b.c\nBcc: all@b.c", "an e-mail address"),
        ("mailboxes", "a@example.com, boss", "not 'boss'"),
        ("networks", "10.0.0.1/8", "networks, such as"),
        ("networks", "near", "networks, such as"),
        ("token", "two words\nlines", "one line"),
        ("token", "clé", "one line"),
        ("model", "opnai:gpt", "no provider is called 'opnai'; did you mean openai?"),
        ("model", "gpt-4o", "provider:model"),
        ("model", "openai:", "provider:model"),
        ("models", '{"quiz": "antropic:x"}', "did you mean anthropic?"),
        ("models", '{"poet": "openai:x"}', "with roles intent, quiz"),
        ("models", "[" * 100_000, "JSON"),
        ("prices", "[" * 100_000, "JSON"),
        ("prices", '{"a:b": [1e999, 1]}', "per million tokens"),
        ("prices", '{"a:b": [NaN, 1]}', "per million tokens"),
        ("integer", "9" * 5000, "a whole number"),
        ("integer", "1.5", "a whole number"),
        ("flag", "maybe", "true or false"),
        ("path", "/admin", "a path such as"),
        ("class", "email.nothing.Backend", "there is no module email.nothing"),
        ("class", "smtp", "a class such as"),
        ("class", "../x", "a class such as"),
        ("user", "nobody", "user:password"),
        ("rates", "30", "not '30'"),
        ("rates", "30/h/person;60/h/address", "such as 1/h/person"),
        ("rates", "0/h/person", "such as 1/h/person"),
        ("rates", "3/0s/person", "such as 1/h/person"),
        ("rates", "3/w/person", "such as 1/h/person"),
        ("rates", "3/h/account", "counted per person, address, stranger"),
        ("rates", ",", "or none"),
        ("user", "\udcff", "expected text in UTF-8"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch, reader, value, reason):
    monkeypatch.setenv("NAMED", value)
    with pytest.raises(ImproperlyConfigured) as refused:
        READERS[reader]("NAMED")
    assert str(refused.value).startswith("NAMED")
    assert reason in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("url", "http://user:word@[::1]:8000/v1"),
        ("url", "https://cairn.example.com"),
        ("database", "postgresql:///cairn"),
        ("database", "postgresql://cairn@/cairn?host=/var/run/postgresql"),
        (
            "database",
            "postgres://user:word@first:5432,second:5433/cairn?target_session_attrs=read-write",
        ),
        ("redis", "unix:///run/redis.sock"),
        ("redis", "rediss://user:word@host:6380/2?ssl_cert_reqs=none"),
        ("redis", "redis://host"),
        ("dsn", "https://key@o1.ingest.example.com/42"),
        ("hosts", "*"),
        ("hosts", ".example.com, [::1], 10.0.0.1, localhost, my_host"),
        ("origins", "https://*.example.com, http://10.0.0.1:8000"),
        ("host", "::1"),
        ("host", "mail"),
        ("mailbox", "Cairn <cairn@example.com>"),
        ("mailbox", "cairn@localhost"),
        ("mailboxes", "a@example.com,b@example.com"),
        ("token", "sk-proj_0.9~"),
        ("model", "ollama:llama3:8b"),
        ("models", '{"quiz": "anthropic:x"}'),
        ("class", "django.core.mail.backends.smtp.EmailBackend"),
        ("rates", "30/h/person, 5/300s/stranger"),
    ],
)
def test_a_right_value_is_taken(monkeypatch, reader, value):
    monkeypatch.setenv("NAMED", value)
    assert READERS[reader]("NAMED")


def test_an_address_that_is_refused_tells_no_password(monkeypatch):
    for reader, value in (
        ("url", "http://me:hidden-word@host:port"),
        ("database", "postgresql://me:hidden-word@host/x?nothing=hidden-word"),
        ("database", "postgresql://me:hidden-word%zz@host/x"),
        ("redis", "redis://me:hidden-word@host/first"),
        ("token", "hidden-word\nhidden-word"),
        ("user", "hidden-word"),
    ):
        monkeypatch.setenv("NAMED", value)
        with pytest.raises(ImproperlyConfigured) as refused:
            READERS[reader]("NAMED")
        assert "hidden-word" not in str(refused.value)


HOSTILE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
SEEDS = st.sampled_from(["http://", "postgresql://", "redis://", "unix://", *'@[]:%{"?/'])


@given(value=st.lists(HOSTILE | SEEDS, max_size=6).map("".join))
def test_no_value_makes_more_than_a_sentence(value):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAMED", value)
        for name, read in READERS.items():
            if name == "class":
                continue  # it looks for modules
            with contextlib.suppress(ImproperlyConfigured):
                read("NAMED")


@pytest.mark.filterwarnings("ignore:.*found in sys.modules")
@pytest.mark.parametrize(
    ("section", "environment", "sentence"),
    [
        (
            "mail",
            {"EMAIL_USE_TLS": "1", "EMAIL_USE_SSL": "1"},
            "EMAIL_USE_TLS and EMAIL_USE_SSL are both on",
        ),
        ("mail", {"PUBLIC_URL": "https://"}, "PUBLIC_URL"),
        ("mail", {"DEFAULT_FROM_EMAIL": "us"}, "DEFAULT_FROM_EMAIL"),
        ("mail", {"EMAIL_BACKEND": "nowhere.Backend"}, "EMAIL_BACKEND"),
        ("mail", {"EMAIL_HOST": "mail:25"}, "EMAIL_HOST"),
        ("reviews", {"REVIEW_ESCALATION_EMAILS": "boss"}, "REVIEW_ESCALATION_EMAILS"),
        ("security", {"ALLOWED_HOSTS": "https://x.example"}, "ALLOWED_HOSTS"),
        ("security", {"CSRF_TRUSTED_ORIGINS": "x.example"}, "CSRF_TRUSTED_ORIGINS"),
        ("language_models", {"LLM_MODEL": "opnai:x"}, "did you mean openai?"),
        ("language_models", {"LLM_MODELS": '{"quiz": "opnai:x"}'}, "did you mean openai?"),
        ("language_models", {"LLM_BASE_URL": "http://"}, "LLM_BASE_URL"),
        ("operations", {"METRICS_ALLOW": "near"}, "METRICS_ALLOW"),
        ("operations", {"SENTRY_DSN": "https://host/1"}, "SENTRY_DSN"),
        (
            "accounts",
            {"SOCIAL_PROVIDERS": "github"},
            "SOCIAL_GITHUB_CLIENT_ID and SOCIAL_GITHUB_SECRET",
        ),
        ("folders", {"VAR_DIR": "/dev/null/var"}, "VAR_DIR='/dev/null/var'"),
    ],
)
def test_each_setting_is_read_by_the_one_that_knows_what_is_wrong(
    monkeypatch, section, environment, sentence
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refused:
        runpy.run_module(f"config.settings.{section}")
    assert sentence in str(refused.value)


def test_the_providers_are_those_of_langchain():
    assert set(PROVIDERS) == set(langchain._BUILTIN_PROVIDERS)


def doctor(**environment):
    kept = {name: value for name, value in os.environ.items() if name not in environment}
    command = [sys.executable, "manage.py", "doctor", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return {(row["check"], row["state"]): row for row in json.loads(done.stdout)}, done


def test_doctor_names_every_setting_of_the_table_that_is_no_text():
    names = {
        name
        for row in reference.documented()
        for name in row.names
        if "<" not in name and name.isupper()
    }
    names -= {
        "DJANGO_SUPERUSER_USERNAME",
        "DJANGO_SUPERUSER_EMAIL",
    }  # `up` reads these when it makes the first admin
    found, done = doctor(**dict.fromkeys(names, "\udcff"))
    refused = {name for name in names if f"{name}: expected text" in done.stdout}
    assert names - refused == set()
    assert ("disk", "ok") in found  # the other checks are made all the same


def test_doctor_shows_all_that_is_wrong_and_makes_its_other_checks():
    wrong = {
        "ALLOWED_HOSTS": "https://cairn.example.com",
        "LLM_MODEL": "opnai:gpt-4o",
        "LLM_MODELS": "[" * 10_000,
        "EMAIL_USE_TLS": "1",
        "EMAIL_USE_SSL": "1",
        "EMAIL_BACKEND": "nowhere.Backend",
        "REVIEW_ESCALATION_EMAILS": "boss",
        "LEASE_SECONDS": "soon",
        "SENTRY_DSN": "https://host",
        "CSRF_TRUSTED_ORIGINS": "cairn.example.com",
        "DATABASE_URL": "postgresql://me:hidden-word@",
        "LLM_MODLE": "openai:gpt-4o",
    }
    found, done = doctor(**wrong)
    for name in set(wrong) - {"LLM_MODLE"}:
        assert f'"text": "{name}' in done.stdout or f"and {name} are" in done.stdout, name
    assert "hidden-word" not in done.stdout + done.stderr
    assert ("broker", "ok") in found
    assert ("database", "fail") in found
    assert "did you mean LLM_MODEL?" not in done.stdout  # that is set, if wrongly
    assert ("debug", "ok") in found


@pytest.fixture
def variables(monkeypatch):
    for name in (
        "LLM_MODEL",
        "LLM_API_KEY",
        "DATABASE_URL",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "SOCIAL_GITHUB_SECRET",
    ):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LLM_MODLE", "LLM_MODEL"),
        ("llm_model", "LLM_MODEL"),
        ("DATABSE_URL", "DATABASE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("LLM_APIKEY", "LLM_API_KEY"),
        ("ALLOWED_HOST", "ALLOWED_HOSTS"),
        ("SECRET_KEY_FIEL", "SECRET_KEY_FILE"),
        ("SOCIAL_GITHUB_SECRTE", "SOCIAL_GITHUB_SECRET"),
    ],
)
def test_a_misspelt_name_is_asked_about(variables, name, meant):
    variables.setenv(name, "x")
    assert env.misspelt() == {name: meant}
    variables.setenv(meant, "x")
    assert env.misspelt() == {}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PATH",
            "HOME",
            "LANG",
            "USER",
            "EMAIL",
            "EDITOR",
            "HOSTNAME",
            "DISPLAY",
            "LOGNAME",
            "HTTP_PROXY",
        ),
        *(
            "HTTPS_PROXY",
            "DJANGO_SETTINGS_MODULE",
            "DJANGO_SUPERUSER_USERNAME",
            "DJANGO_SUPERUSER_EMAIL",
            "PORT",
        ),
        *(
            "KUBERNETES_SERVICE_HOST",
            "REDIS_PORT",
            "REDIS_SERVICE_HOST",
            "POSTGRES_PASSWORD",
            "SECRET_KEY_BASE",
        ),
        *(
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "OTEL_SERVICE_NAME",
            "SENTRY_RELEASE",
            "XDG_RUNTIME_DIR",
            "DEBUGGER",
        ),
        *(
            "PYTEST_CURRENT_TEST",
            "VIRTUAL_ENV",
            "SOCIAL_GITLAB_SECRET",
            "SOCIAL_GITHUB_CLIENT_ID",
            "LOG_FILE",
        ),
    ],
)
def test_other_variables_of_a_machine_are_nobodys_business(variables, name):
    variables.setenv(name, "x")
    assert env.misspelt() == {}


def test_a_misspelt_name_is_one_line_at_the_start(settings, caplog):
    settings.MISSPELT_SETTINGS = {"LLM_MODLE": "LLM_MODEL", "DATABSE_URL": "DATABASE_URL"}
    with caplog.at_level(logging.WARNING):
        apps.get_app_config("roadmaps").ready()
    (line,) = caplog.messages
    assert line == (
        "no setting of Cairn has the name LLM_MODLE (did you mean LLM_MODEL?), DATABSE_URL (did you mean DATABASE_URL?)"
    )
    caplog.clear()
    settings.MISSPELT_SETTINGS = {}
    apps.get_app_config("roadmaps").ready()
    assert caplog.messages == []
