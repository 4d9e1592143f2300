"""The process's one loop ends in order, whatever it is busy with."""

import subprocess
import sys

from tests.conftest import ROOT

BUSY = """
import asyncio
from roadmaps.engine import loop

asyncio.run_coroutine_threadsafe(asyncio.sleep(3600), loop.get())
print(loop.run(asyncio.sleep(0, "ran")))
loop.end()
asyncio.run_coroutine_threadsafe(asyncio.sleep(3600), loop.get())
print(loop.run(asyncio.sleep(0, "ran again")))
"""


def test_a_process_ends_although_its_loop_is_busy():
    done = subprocess.run(
        [sys.executable, "-c", BUSY], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\nran again\n", "")
