"""Works of the tests of the sandbox, done in its process."""

import json
import os
import re
import signal
from collections.abc import Callable

from content.rendering import markdown

Progress = Callable[[], None]


def repeat(argument: bytes, progress: Progress) -> bytes:
    return argument * 2


def own_process(argument: bytes, progress: Progress) -> bytes:
    return str(os.getpid()).encode()


def environment(argument: bytes, progress: Progress) -> bytes:
    return os.environ[argument.decode()].encode()


def count(argument: bytes, progress: Progress) -> bytes:
    for _ in range(int(argument)):
        progress()
    return b"done"


def misbehave(argument: bytes, progress: Progress) -> bytes:
    match argument:
        case b"loop":
            while True:
                pass
        case b"sleep":
            signal.pause()
        case b"hold":  # the interpreter: no thread of the process would hear of anything
            re.match("(a+)+$", "a" * 60 + "b")
        case b"memory":
            return bytes(8 * 1024**3)
        case b"size":
            return bytes(2_000_000)
        case b"raise":
            raise ValueError("no such thing")
        case b"stop":
            os.kill(os.getpid(), signal.SIGTERM)
        case b"die":
            os.kill(os.getpid(), signal.SIGKILL)
    return argument


def stuck_in_colours(argument: bytes, progress: Progress) -> bytes:
    while json.loads(argument)["colour_seconds"]:
        pass
    return markdown.work(argument, progress)
