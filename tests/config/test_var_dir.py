"""The folder with the secret key and the database is closed to other users of the machine."""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = "from config.settings import folders"
AWAY = {"DATABASE_URL": "postgresql://nobody@localhost/none", "REDIS_URL": "redis://localhost:1/0"}


def mode_after_start(folder, umask=0o022, checkout=None):
    """Of the folder that the settings name, or of the checkout's own."""
    environment = os.environ | AWAY | {"VAR_DIR": str(folder)}
    if checkout:
        del environment["VAR_DIR"]
    subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=checkout or ROOT,
        env=environment,
        umask=umask,
        check=True,
        timeout=120,
    )
    return stat.S_IMODE(folder.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_new_folder_is_for_its_owner_alone(tmp_path, umask):
    assert mode_after_start(tmp_path / "deep" / "var", umask) == 0o700


def test_a_fresh_checkout_makes_its_own(tmp_path):
    for entry in ROOT.iterdir():
        if entry.suffix in (".toml", ".py") or (entry / "__init__.py").exists():
            (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    (tmp_path / "config").unlink()
    shutil.copytree(ROOT / "config", tmp_path / "config")
    assert mode_after_start(tmp_path / "var", checkout=tmp_path) == 0o700


@pytest.mark.parametrize("name", ["secret_key", "services.lock", "static"])
def test_a_folder_of_the_release_before_is_closed(tmp_path, name):
    tmp_path.chmod(0o755)
    (tmp_path / name).mkdir() if name == "static" else (tmp_path / name).write_text("key")
    # PostgreSQL's user passes through a folder of root's.
    assert mode_after_start(tmp_path) == (0o701 if os.geteuid() == 0 else 0o700)


def test_a_folder_that_holds_other_things_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "letters.txt").touch()
    assert mode_after_start(tmp_path) == 0o755
