"""Work in a process of its own: its result, and the end of what takes too much."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest

from content import sandbox
from content.sandbox import LimitReached, Limits, ProcessEnded, Sandbox, WorkFailed
from tests.conftest import ROOT, wait_for

LIMITS = Limits(seconds=1, memory=256 * 1024**2, result=1_000_000)
GENEROUS = Limits(seconds=120, memory=256 * 1024**2, result=1_000_000)


@pytest.fixture
def misbehaving() -> Iterator[Sandbox]:
    box = Sandbox("tests.content.sandboxed:misbehave")
    yield box
    box.close()


def test_what_the_work_makes_comes_back() -> None:
    box = Sandbox("tests.content.sandboxed:repeat")
    assert box.call(b"ab", GENEROUS) == b"abab"
    assert len(box.call(b"x" * 400_000, GENEROUS)) == 800_000
    box.close()


def test_one_process_does_many_and_a_closed_one_begins_again() -> None:
    box = Sandbox("tests.content.sandboxed:own_process")
    first = box.call(b"", GENEROUS)
    assert box.call(b"", GENEROUS) == first
    box.close()
    assert box.call(b"", GENEROUS) != first
    box.close()


@pytest.mark.parametrize(
    ("what", "limit"),
    [("loop", "time"), ("sleep", "time"), ("memory", "memory"), ("size", "size")],
)
def test_what_takes_too_much_is_ended_and_others_go_on(
    misbehaving: Sandbox, what: str, limit: str
) -> None:
    with pytest.raises(LimitReached) as caught:
        misbehaving.call(what.encode(), LIMITS)
    assert caught.value.what == limit
    assert misbehaving.call(b"fine", GENEROUS) == b"fine"


def test_an_error_of_the_work_is_told_and_the_next_is_done(misbehaving: Sandbox) -> None:
    with pytest.raises(WorkFailed, match="ValueError: no such thing"):
        misbehaving.call(b"raise", GENEROUS)
    assert misbehaving.call(b"fine", GENEROUS) == b"fine"


def test_a_killed_process_counts_as_out_of_memory(misbehaving: Sandbox) -> None:
    with pytest.raises(LimitReached, match="memory"):
        misbehaving.call(b"die", GENEROUS)


def test_a_stopped_process_is_no_fault_of_the_work(misbehaving: Sandbox) -> None:
    with pytest.raises(ProcessEnded):
        misbehaving.call(b"stop", GENEROUS)
    assert misbehaving.call(b"fine", GENEROUS) == b"fine"


def test_one_that_ended_idle_is_started_again() -> None:
    box = Sandbox("tests.content.sandboxed:own_process", idle_seconds=3)
    first = box.call(b"", GENEROUS)
    # It has ended, and waits for its parent to ask for its code.
    wait_for(lambda: " Z " in Path(f"/proc/{int(first)}/stat").read_text())
    assert box.call(b"", GENEROUS) != first
    box.close()


def test_progress_is_told_and_whoever_raises_there_ends_the_work() -> None:
    box = Sandbox("tests.content.sandboxed:count")
    told: list[int] = []
    assert box.call(b"3", GENEROUS, lambda: told.append(1)) == b"done"
    assert len(told) == 3

    def stop() -> None:
        raise KeyError("lease lost")

    with pytest.raises(KeyError, match="lease lost"):
        box.call(b"1000", GENEROUS, stop)
    assert box.call(b"0", GENEROUS) == b"done"
    box.close()


def test_whoever_no_longer_wants_it_ends_the_work(misbehaving: Sandbox) -> None:
    def stop() -> None:
        raise KeyError("lease lost")

    with pytest.raises(KeyError, match="lease lost"):
        misbehaving.call(b"hold", GENEROUS, look=stop)
    assert misbehaving.call(b"fine", GENEROUS) == b"fine"


def test_its_process_has_the_variables_that_are_given() -> None:
    box = Sandbox("tests.content.sandboxed:environment", {"CAIRN_TEST": "given"})
    assert box.call(b"CAIRN_TEST", GENEROUS) == b"given"
    assert box.call(b"PATH", GENEROUS) == os.environ["PATH"].encode()
    box.close()


CALLER = """
import os
from content.sandbox import Limits, Sandbox
box = Sandbox("tests.content.sandboxed:misbehave")
limits = Limits(seconds=120, memory=256 * 1024**2, result=100)
box.call(b"fine", limits)
children = open(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read()
print(children, flush=True)
box.call(b"hold", limits)
"""


def test_a_killed_caller_takes_it_along_in_the_midst_of_its_work() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CALLER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as caller:
        assert caller.stdout is not None
        child = Path(f"/proc/{int(caller.stdout.readline())}/stat")
        began = processor_time(child)
        wait_for(lambda: processor_time(child) > began + 10)  # it is in the midst of it
        caller.kill()
    wait_for(lambda: not child.exists() or " Z " in child.read_text())


def processor_time(stat: Path) -> int:
    """In the system's ticks, by the process's file `stat`."""
    return int(stat.read_text().split()[13])


def test_calls_of_many_threads_wait_for_each_other() -> None:
    box = Sandbox("tests.content.sandboxed:repeat")
    results: dict[int, bytes] = {}

    def ask(number: int) -> None:
        results[number] = box.call(str(number).encode(), GENEROUS)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: str(number).encode() * 2 for number in range(8)}
    box.close()


def test_a_work_that_is_not_there_is_told() -> None:
    box = Sandbox("tests.content.sandboxed:nothing")
    with pytest.raises(ProcessEnded):
        box.call(b"", GENEROUS)


def test_it_ends_with_its_caller() -> None:
    ours, theirs = Pipe()
    serving = threading.Thread(
        target=sandbox.serve, args=(theirs, lambda argument, progress: argument)
    )
    serving.start()
    assert ours.recv_bytes() == sandbox.READY
    ours.close()
    serving.join(timeout=60)
    assert not serving.is_alive()
