"""Folders of embedded services."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from config.embedded import EmbeddedServices
from tests.config.checkouts import processes
from tests.conftest import wait_for


@pytest.fixture
def empty():
    """A short path: sockets have little room. The user of PostgreSQL may pass, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory(prefix="cairn-") as folder:
        yield Path(folder)
        wait_for(lambda: not processes(folder, "embedded/__main__.py"))


@pytest.fixture(scope="module")
def database():
    """One that was made and stopped: making one takes longer than all else here."""
    with tempfile.TemporaryDirectory(prefix="cairn-") as folder:
        services = EmbeddedServices(Path(folder))
        services.database_url()
        services.leave()
        wait_for(lambda: not processes(folder, "embedded/__main__.py"))
        yield Path(folder) / "postgres"


@pytest.fixture
def checkout(empty, database):
    subprocess.run(["cp", "-a", str(database), str(empty)], check=True)
    return empty
