"""Work whose time or memory can grow with a text, in a process of its own that can be ended.

A regular expression, a parser or a typesetter in C or Rust can't be stopped from within: it may
hold the interpreter, and an exception finds it too late. So such work is done by `python -m
content.sandbox`, which is limited by the system and killed when its time is over. It is started
by the first call, serves one call at a time, and ends when it has had nothing to do for a while
or its caller is gone.
"""

import fcntl
import importlib
import json
import math
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Literal

IDLE_SECONDS = 60
MEGABYTE = 1024 * 1024
# What Python and its libraries reserve before they do anything.
RESERVED_BYTES = 512 * MEGABYTE

START_SECONDS = 120
CLOCK = 4  # seconds on the clock for each on a processor: others work as well
LOOK_SECONDS = 1  # between two looks at whether the caller still wants the result

READY, RESULT, PROGRESS, FAILED = b"s", b"r", b"p", b"f"

Work = Callable[[bytes, Callable[[], None]], bytes]


@dataclass(frozen=True)
class Limits:
    seconds: float  # of its own on a processor; four times as much by the clock
    memory: int  # bytes
    result: int  # bytes


class LimitReached(Exception):
    def __init__(self, what: Literal["time", "memory", "size"]) -> None:
        super().__init__(f"The limit of {what} was reached.")
        self.what = what


class WorkFailed(Exception):
    """The work raised; the message names what."""


class ProcessEnded(WorkFailed):
    """The process ended by no limit and before its answer, as at a stop: the work may be fine."""


class Sandbox:
    """One process, started when needed. Its calls wait for each other."""

    def __init__(
        self,
        work: str,
        environment: Mapping[str, str] | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """`work` is a function of the form `package.module:function` (see `Work`).

        `environment`: variables of the process beside those of its caller.
        """
        self.work = work
        self.environment = environment or {}
        self.idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[bytes, bytes] | None = None
        self._pid = 0

    def call(
        self,
        argument: bytes,
        limits: Limits,
        progress: Callable[[], None] | None = None,
        look: Callable[[], None] | None = None,
    ) -> bytes:
        """What the work makes of `argument`. Raises LimitReached and WorkFailed.

        `progress` is called for each message of the work, `look` every second of waiting; whatever
        they raise ends the work.
        """
        with self._lock:
            for _try in range(2):
                try:
                    self._start()
                    return self._ask(argument, limits, progress, look)
                except (EOFError, ConnectionError):
                    code = self._end()
                    if code != 0:  # it has not ended because it had nothing to do
                        raise _why(code) from None
            raise ProcessEnded("The process ended before it began.")

    def close(self) -> None:
        with self._lock:
            self._end()

    def _start(self) -> None:
        if self._pid != os.getpid():  # after a fork it is the parent's
            self._process, self._connection, self._pid = None, None, os.getpid()
        if self._process is not None:
            return
        self._connection, theirs = Pipe()
        reading, _ = life_line(os.getpid())
        descriptors = [theirs.fileno(), reading]
        arguments = [*map(str, descriptors), self.work, str(self.idle_seconds)]
        command = [sys.executable, "-m", "content.sandbox", *arguments]
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            command,
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).parents[1],
            env=os.environ | self.environment,
        )
        theirs.close()
        if not self._connection.poll(START_SECONDS):
            self._process.kill()
            raise EOFError
        self._connection.recv_bytes()

    def _ask(
        self,
        argument: bytes,
        limits: Limits,
        progress: Callable[[], None] | None,
        look: Callable[[], None] | None,
    ) -> bytes:
        connection = self._connection
        assert connection is not None
        try:
            connection.send_bytes(json.dumps(asdict(limits)).encode())
            connection.send_bytes(argument)
            ends_at = monotonic() + CLOCK * limits.seconds
            kind, content = _answer(connection, ends_at, progress, look)
        except (EOFError, ConnectionError):
            raise
        except BaseException:  # whatever ends the caller ends the work
            if self._process is not None:
                self._process.kill()
            self._end()
            raise
        if kind == RESULT:
            return content
        failure = json.loads(content)
        if "limit" in failure:
            raise LimitReached(failure["limit"])
        raise WorkFailed(failure["error"])

    def _end(self) -> int:
        """The code with which it ended, after its place is free for another."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        return process.wait() if process is not None else 0


def _answer(
    connection: "Connection[bytes, bytes]",
    ends_at: float,
    progress: Callable[[], None] | None,
    look: Callable[[], None] | None,
) -> tuple[bytes, bytes]:
    while (left := ends_at - monotonic()) > 0:
        if connection.poll(min(LOOK_SECONDS, left)):
            message = connection.recv_bytes()
            if message[:1] != PROGRESS:
                return message[:1], message[1:]
            if progress is not None:
                progress()
        elif look is not None:
            look()
    raise LimitReached("time")


@cache
def life_line(_pid: int) -> tuple[int, int]:
    """Pipe whose writing end stays open as long as this process lives: no program inherits it.

    By process, because a fork would keep its parent's open.
    """
    return os.pipe()


def _why(code: int) -> Exception:
    if code == -signal.SIGXCPU:
        return LimitReached("time")
    if code in (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV):  # where memory can't be had
        return LimitReached("memory")
    return ProcessEnded(f"The process ended with {code}.")


def serve(
    connection: "Connection[bytes, bytes]", work: Work, idle_seconds: float = IDLE_SECONDS
) -> None:
    """Do what is asked for until nothing is for a while, or nobody is there any more."""
    connection.send_bytes(READY)
    while connection.poll(idle_seconds):
        try:
            limits = Limits(**json.loads(connection.recv_bytes()))
            argument = connection.recv_bytes()
        except EOFError:
            return
        _bound(limits)
        kind, content = _do(work, argument, limits, lambda: connection.send_bytes(PROGRESS))
        connection.send_bytes(kind + content)
        if kind == FAILED:
            return  # the next begins with a clean memory


def _do(
    work: Work, argument: bytes, limits: Limits, progress: Callable[[], None]
) -> tuple[bytes, bytes]:
    failure: dict[str, str] = {}
    try:
        result = work(argument, progress)
        if len(result) <= limits.result:
            return RESULT, result
        failure["limit"] = "size"
    except MemoryError:
        failure["limit"] = "memory"
    except Exception as exc:  # noqa: BLE001 - its caller raises it
        failure["error"] = f"{type(exc).__name__}: {exc}"[:1000]
    return FAILED, json.dumps(failure).encode()


def _bound(limits: Limits) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(usage.ru_utime + usage.ru_stime + limits.seconds)
    for kind, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, RESERVED_BYTES + limits.memory),
    ):
        _soft, hard = resource.getrlimit(kind)
        with suppress(ValueError):  # a system that does not know it
            resource.setrlimit(kind, (value, hard))


def _end_with(life_line: int) -> None:
    """End this process when its caller is gone, in the midst of whatever it does.

    The system sends SIGIO when the last writing end of the pipe is closed, and that ends a process
    which may hold its interpreter and hear of nothing.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(life_line, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(life_line, fcntl.F_GETFL)
    fcntl.fcntl(life_line, fcntl.F_SETFL, flags | os.O_ASYNC)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its caller's end is its end
    connection, life_line, name, idle_seconds = sys.argv[1:]
    _end_with(int(life_line))
    module, _, function = name.partition(":")
    work = getattr(importlib.import_module(module), function)
    with suppress(ConnectionError):
        serve(Connection(int(connection)), work, float(idle_seconds))


if __name__ == "__main__":
    main()
