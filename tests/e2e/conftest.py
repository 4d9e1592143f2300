"""`manage.py up` in a folder of its own, and the system's Chromium."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import ROOT, wait_for

expect.set_options(timeout=90_000)  # the site's worker may still be starting
PASSWORD = "stones-on-stones"  # noqa: S105 - of a database that ends with the test


def free_port():
    """Of those that no system gives to a client's end: it is still free when a server that starts
    slowly takes it.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own address
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="package")
def site_folder():
    """The site's VAR_DIR.

    Not below pytest's own folder: the next pytest of this user closes that to all others, and
    PostgreSQL runs as one of them.
    """
    with tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="package")
def letters(site_folder):
    """Where the site puts its mail, as files."""
    return site_folder / "mail"


@pytest.fixture(scope="package")
def site(site_folder, letters):
    """The address of a whole Cairn, with an admin named admin; modules share it, so names of
    learners differ.
    """
    folder, port = site_folder, free_port()
    own = {
        "VAR_DIR": str(folder),
        "DJANGO_SUPERUSER_USERNAME": "admin",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    }
    own |= {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(letters),
    }
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL")
    }
    with (folder / "up.log").open("w") as log:
        command = [sys.executable, "manage.py", "up", "--port", str(port)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment | own, stdout=log, stderr=subprocess.STDOUT
        )

    def is_up():
        assert process.poll() is None, (folder / "up.log").read_text()
        return answers(f"http://127.0.0.1:{port}/healthz")

    try:
        wait_for(is_up, 300)  # a busy machine starts it slowly
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


@pytest.fixture
def shell(site, site_folder):
    """Runs a script beside the site, on its database; gives the last line that it printed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL")
    }

    def run(script):
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
        environment["VAR_DIR"] = str(site_folder)
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().rpartition("\n")[2]

    return run


@pytest.fixture(scope="package")
def chromium():
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    assert path, "tests/install-chromium installs the browser"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments, timeout=120_000)
        yield browser
        browser.close()


def open_page(chromium, site, **options):
    """In a browser of its own that makes no transitions: nothing is looked at halfway.

    `options` are of its context.
    """
    own = {"base_url": site, "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
    context = chromium.new_context(**own | options)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    return page


@pytest.fixture
def page(chromium, site):
    page = open_page(chromium, site)
    yield page
    page.context.close()


@pytest.fixture
def desk(chromium, site):
    """A second person's browser."""
    page = open_page(chromium, site)
    yield page
    page.context.close()
