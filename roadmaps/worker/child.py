"""A child process that ends when its parent does, also when that one is killed.

Run as a program it is that child: `child.py DESCRIPTOR [-m MODULE | FILE] ARGUMENTS…`. DESCRIPTOR
is the reading end of a pipe whose writing end only the parent has: the system closes it whatever
ends the parent.
"""

import functools
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

GRACE_SECONDS = 15  # from the TERM to the KILL


@functools.cache
def pipe() -> tuple[int, int]:
    """Pipe of this process: its writing end stays open until the end, and no child inherits it."""
    return os.pipe()


def start(command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
    """A Python command in a session of its own: Ctrl-C reaches the parent, which stops it."""
    reading, _ = pipe()
    python, *arguments = command
    tied = [python, __file__, str(reading), *arguments]
    options |= {"pass_fds": [reading], "start_new_session": True}
    return subprocess.Popen(tied, **options)  # noqa: S603


def end_with_parent(reading: int) -> None:
    os.read(reading, 1)  # returns when the parent is gone
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)  # with whatever it has started


def main() -> None:
    reading, *sys.argv = sys.argv[1:]
    watch = threading.Thread(target=end_with_parent, args=[int(reading)], name="cairn-child")
    watch.daemon = True
    watch.start()
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    if sys.argv[0] == "-m":
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
