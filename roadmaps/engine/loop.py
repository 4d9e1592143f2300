"""Event loop of the process, in a thread of its own, made when it is first needed (after a fork).

The loop talks to models and checkpoints; the Celery thread owns rows and the broker, and takes what
the loop yields as a plain iterator.
"""

import asyncio
import atexit
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

import psycopg
import uvloop
from django.db import InterfaceError, InternalError, OperationalError, connection

T = TypeVar("T")
# PostgreSQL is away, full or read-only, whoever noticed: Django, or the loop's own connections.
DATABASE_AWAY = (
    *(OperationalError, InterfaceError, InternalError),
    *(psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError),
)
END_SECONDS = 2.0  # for each step of ending the loop
_END = object()
_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}  # by process id: a forked child makes its own
_threads: dict[int, threading.Thread] = {}


def get() -> asyncio.AbstractEventLoop:
    with _lock:
        if os.getpid() not in _loops:
            loop = _loops[os.getpid()] = uvloop.new_event_loop()
            _threads[os.getpid()] = threading.Thread(
                target=loop.run_forever, name="cairn-loop", daemon=True
            )
            _threads[os.getpid()].start()
        return _loops[os.getpid()]


def exists() -> bool:
    return os.getpid() in _loops


@atexit.register
def end() -> None:
    """Before Python takes itself apart: a thread that is inside the loop then crashes now and
    then.
    """
    if exists():
        with contextlib.suppress(TimeoutError):
            run(_cancel_all(), timeout=END_SECONDS)
        loop, thread = _loops.pop(os.getpid()), _threads.pop(os.getpid())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(END_SECONDS)


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=END_SECONDS / 2)


def run(coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
    """Run `coroutine` on the loop and wait; TimeoutError after `timeout` seconds, and it is
    cancelled.
    """
    future = asyncio.run_coroutine_threadsafe(coroutine, get())
    try:
        return future.result(timeout)
    except TimeoutError:
        future.cancel()
        raise


def stream(
    events: AsyncIterator[T], *, on_cancel: Callable[[Callable[[], bool]], None]
) -> Iterator[T]:
    """Iterate `events` from this thread while one task of the loop produces them.

    `on_cancel` gets the function that cancels that task; then CancelledError is raised here. While
    it waits, the thread's database connection is back in the pool.
    """
    received: SimpleQueue[Any] = SimpleQueue()

    async def produce() -> None:
        async for event in events:
            received.put(event)

    producer = asyncio.run_coroutine_threadsafe(produce(), get())
    producer.add_done_callback(lambda _: received.put(_END))
    on_cancel(producer.cancel)
    try:
        while (event := _wait(received)) is not _END:
            yield event
        producer.result()
    finally:
        producer.cancel()


def _wait(received: "SimpleQueue[Any]") -> Any:
    if received.empty():
        give_back_connection()
    return received.get()


def give_back_connection() -> None:
    """A waiting thread must not hold a database connection; one inside a transaction keeps it."""
    if not connection.in_atomic_block:
        connection.close()
