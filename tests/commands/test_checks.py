"""The checks are part of the tests, so that whatever runs these runs them too."""

import os
import subprocess

import pytest

from tests.conftest import ROOT


@pytest.mark.timeout(1800)
def test_make_check_finds_nothing():
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "PYTEST", "DJANGO_"))
    }
    done = subprocess.run(
        ["make", "check"], cwd=ROOT, env=own, capture_output=True, text=True, timeout=1790
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
