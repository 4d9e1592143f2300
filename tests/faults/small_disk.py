"""A disk of a few megabytes under PostgreSQL's tables."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

MEGABYTES = 48


class SmallDisk:
    """Everything of the test database lies on it while it is mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ballast = folder, folder / "ballast"

    def fill(self):
        with contextlib.suppress(OSError), self.ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def clear(self):
        self.ballast.unlink(missing_ok=True)


@pytest.fixture
def small_disk(transactional_db):
    """Mounts it, which only root may; gives the tables back to the large disk at the end."""
    data = Path(settings.VAR_DIR) / "postgres"
    folder = data.parent / "small-disk"
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own can only be mounted by root")
    disk = SmallDisk(folder)
    try:
        (folder / "tables").mkdir()
        owner = data.stat()
        os.chown(folder / "tables", owner.st_uid, owner.st_gid)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLESPACE small LOCATION '{folder / 'tables'}'")
            _move(cursor, "pg_default", "small")
        yield disk
        disk.clear()
        with connection.cursor() as cursor:
            _move(cursor, "small", "pg_default")
            cursor.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder)


def _move(cursor, source, target):
    for kind in ("TABLE", "INDEX"):
        cursor.execute(f"ALTER {kind} ALL IN TABLESPACE {source} SET TABLESPACE {target}")
