"""The start on a strange machine: an old Python, a folder with any name, a checkout that can't be
written.
"""

import ast
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

OLD = "import sys; sys.version_info = (3, 9, 1); sys.version = '3.9.1 (old)'; "
# What Python 2.7 could read, and every one since.
OF_ALL_AGES = {
    *(
        "Module",
        "Expr",
        "Constant",
        "Import",
        "ImportFrom",
        "alias",
        "If",
        "Compare",
        "Lt",
        "Eq",
        "Attribute",
        "Name",
    ),
    *(
        "Load",
        "Tuple",
        "Call",
        "BinOp",
        "Add",
        "Subscript",
        "Slice",
        "List",
        "Try",
        "ExceptHandler",
    ),
}
# A Python that makes an environment of stubs, each of which writes down what it was called with.
PYTHON = """#!/bin/sh
[ "$1" = -c ] && exit 0
mkdir -p "$3/bin"
for name in python uv pybabel; do
    stub="$3/bin/$name"
    printf '#!/bin/sh\\nfor word in "$0" "$@"; do printf "%%s|" "$word" >> calls; done; echo >> calls\\n' > "$stub"
    chmod +x "$stub"
done
"""
INSTALL = """#!/bin/sh
for word in "$@"; do printf '%s|' "$word" >> calls; done
echo >> calls
touch templates/packages/.installed
"""


def test_manage_says_that_a_python_is_too_old():
    program = f"{OLD}import runpy; runpy.run_path('manage.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "Cairn needs Python 3.11 or newer, and this is 3.9.1.\n"


def test_manage_can_be_read_by_the_oldest_python():
    tree = ast.parse((ROOT / "manage.py").read_text())
    assert {type(node).__name__ for node in ast.walk(tree)} <= OF_ALL_AGES


@pytest.fixture
def checkout():
    """A checkout in which nothing but `make` is real."""
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)  # somebody else looks into it
        folder = Path(parent) / "Kurs Übung 1"
        (folder / "templates" / "packages").mkdir(parents=True)
        shutil.copy(ROOT / "Makefile", folder)
        for name in ("requirements.lock", "templates/packages/package-lock.json"):
            (folder / name).touch()
        for name, program in {"fake-python": PYTHON, "templates/packages/install": INSTALL}.items():
            (folder / name).write_text(program)
            (folder / name).chmod(0o755)
        yield folder


def make(folder, *arguments, python="./fake-python", **options):
    """Where no uv is, but in the environment that is made."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder)}
    command = ["make", *arguments, f"PYTHON={python}"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, **options
    )


def unprivileged(folder):
    """Options of a process that may not write `folder`, which its owner may."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222 | 0o044)
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def test_make_says_that_a_python_is_too_old_or_missing(checkout):
    old = checkout / "old-python"
    old.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{OLD}exec(sys.argv[1])" "$2"\n')
    old.chmod(0o755)
    refused = make(checkout, "run", python="./old-python")
    assert refused.returncode == 2
    assert (
        "Cairn needs Python 3.11 or newer, and ./old-python is 3.9.1: choose another"
        in refused.stderr
    )
    assert (
        "there is no python-of-nowhere" in make(checkout, "run", python="python-of-nowhere").stderr
    )
    assert not (checkout / ".venv").exists()


def test_make_works_in_a_folder_with_spaces_and_letters(checkout):
    done = make(checkout, "demo", "GOAL=Learn to bake", "OUT=my courses")
    assert done.returncode == 0, done.stderr
    calls = [line.split("|")[:-1] for line in (checkout / "calls").read_text().splitlines()]
    assert [f"{checkout}/.venv/bin/python", f"{checkout}/.venv/bin/uv"] in calls
    written = ["generate", "Learn to bake", "--approve", "--export", "my courses"]
    assert calls[-1] == [".venv/bin/python", "manage.py", *written]


def test_make_runs_a_read_only_checkout_that_was_set_up_and_says_when_it_was_not(checkout):
    somebody = unprivileged(checkout)
    refused = make(checkout, "run", **somebody)
    assert refused.returncode == 2
    assert "This checkout can't be written and is not set up" in refused.stderr
    for path in (checkout, *checkout.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    assert make(checkout, "run").returncode == 0
    (checkout / ".venv" / "bin" / "uv").unlink()  # one that was on the PATH at the set-up
    (checkout / "calls").write_text("")
    somebody = unprivileged(checkout)
    (checkout / "calls").chmod(0o666)
    done = make(checkout, "run", **somebody)
    assert done.returncode == 0, done.stderr
    assert (checkout / "calls").read_text() == ".venv/bin/python|manage.py|up|\n"
