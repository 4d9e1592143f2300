"""The concurrency gate of model calls, fair between threads, one per provider and process.

A call takes its turn here without asking Redis: the gate's share of LLM_CONCURRENCY, the limit of
all processes, is settled a few times a second.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from langchain_core.messages import BaseMessage

from roadmaps.llm import transport
from roadmaps.llm.labels import model_label, without_model
from roadmaps.llm.limits.rates import Rates
from roadmaps.llm.limits.shares import CUT_EVERY_SECONDS, Report, Shares

SETTLE_SECONDS = 0.25  # between two reports while calls run or wait
SETTLE_LEAST_SECONDS = 0.03  # however urgent
ANSWER_TOKENS = 1000  # reserved for an answer; what it really took is paid by the next call
REFUSED = (429, 529)

Waiter = tuple["asyncio.Future[None]", int]
gates_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, "Gate"]] = WeakKeyDictionary()


def turn(role: str, thread_id: str, messages: Iterable[BaseMessage]) -> "Turn":
    """The turn in which each attempt of a call to the model of `role` is made."""
    if without_model(role):
        return Turn(None, thread_id, 0)  # the built-in author has room for all
    tokens = sum(len(str(message.content)) for message in messages) // 4 + ANSWER_TOKENS
    return Turn(gate(model_label(role).partition(":")[0]), thread_id, tokens)


def gate(provider: str) -> "Gate":
    gates = gates_by_loop.setdefault(asyncio.get_running_loop(), {})
    if provider not in gates:
        gates[provider] = Gate(provider)
    return gates[provider]


class Turn:
    """A turn at the gate, `async with turn:` around each attempt.

    A refusal by the provider slows all of its callers.
    """

    def __init__(self, gate: "Gate | None", thread_id: str, tokens: int) -> None:
        self._gate, self._thread_id, self._tokens = gate, thread_id, tokens
        # Its time stands still while others have their turn.
        self.limit: asyncio.Timeout | None = None

    async def __aenter__(self) -> None:
        if self._gate is None:
            return
        async with _standing_still(self.limit):
            await self._gate.enter(self._thread_id, self._tokens)

    async def __aexit__(self, _kind: Any, exc: BaseException | None, _traceback: Any) -> None:
        if self._gate is None:
            return
        if exc is None:
            self._gate.succeeded()
        elif transport.status(exc) in REFUSED:
            self._gate.refused(transport.retry_after(exc) or 0.0)
        self._gate.leave()

    def took(self, tokens: int) -> None:
        """Correct the reserved tokens to those that the provider counted; 0 when it told none."""
        if self._gate and tokens:
            self._gate.rates.correct(tokens - self._tokens)


@asynccontextmanager
async def _standing_still(limit: asyncio.Timeout | None) -> AsyncIterator[None]:
    """The time limit of a call stopped, as waiting in a queue takes nothing of a model's time."""
    if limit is None or (end := limit.when()) is None:
        yield
        return
    now = asyncio.get_running_loop().time
    remaining = end - now()
    limit.reschedule(None)
    yield
    limit.reschedule(now() + remaining)


class Gate:
    """The calls of one provider in this process: running up to its share, or waiting by thread."""

    def __init__(self, provider: str) -> None:
        self.rates = Rates(provider)
        self.shares = Shares(provider)
        # By thread, the next one first.
        self.waiting: OrderedDict[str, deque[Waiter]] = OrderedDict()
        self._report = Report(0, 0)
        self._share = self.running = 0
        self._paused_until = 0.0
        self._room, self._urgent = asyncio.Event(), asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def enter(self, thread_id: str, tokens: int) -> None:
        """Wait for a turn; a caller that is cancelled meanwhile takes none."""
        self._start("settle", self._settle_shares)
        if self._has_room() and not self.waiting and not self.rates.are_set:
            self.running += 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(thread_id, deque()).append((waiter, tokens))
        self._start("give", self._give_turns)
        # At once when there may be more than the last report asked for; else the next report is
        # early enough.
        if self._share >= self._report.demand:
            self._urgent.set()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        self.running -= 1
        self._room.set()

    def succeeded(self) -> None:
        self._report.succeeded += 1

    def refused(self, pause_seconds: float) -> None:
        """Let no call begin for as long as the provider asks.

        That is at least until the limit is settled anew.
        """
        seconds = min(max(pause_seconds, CUT_EVERY_SECONDS), transport.BACKOFF_MAX_SECONDS)
        self._report.refused += 1
        self._report.pause_seconds = max(self._report.pause_seconds, seconds)
        self._pause(seconds)
        self._urgent.set()

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + seconds)

    def _has_room(self) -> bool:
        return (
            self.running < self._share and asyncio.get_running_loop().time() >= self._paused_until
        )

    def _start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if name not in self._tasks or self._tasks[name].done():
            self._tasks[name] = asyncio.create_task(work())

    async def _give_turns(self) -> None:
        """Give turns as there is room, to one thread after the other, while any call waits."""
        while waiter := self.next_waiter():
            if not self._has_room():
                self._room.clear()
                pause = self._paused_until - asyncio.get_running_loop().time()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._room.wait(), pause if pause > 0 else None)
            elif self.rates.are_set and (pause := await self.rates.reserve(waiter[1])):
                await asyncio.sleep(pause)
            elif waiter := self.next_waiter():  # others may have been cancelled meanwhile
                thread_id, waiters = next(iter(self.waiting.items()))
                waiters.popleft()
                self.waiting.move_to_end(thread_id)
                self.running += 1
                waiter[0].set_result(None)

    def next_waiter(self) -> Waiter | None:
        """The first waiting call of the thread whose turn it is."""
        while self.waiting:
            thread_id, waiters = next(iter(self.waiting.items()))
            while waiters and waiters[0][0].done():
                waiters.popleft()
            if waiters:
                return waiters[0]
            del self.waiting[thread_id]
        return None

    def demand(self) -> int:
        return self.running + sum(
            not waiter.done() for queue in self.waiting.values() for waiter, _ in queue
        )

    async def _settle_shares(self) -> None:
        """Settle the share while calls run or wait; the last report gives it back."""
        while True:
            report = self._report
            report.demand, report.running = self.demand(), self.running
            if report.demand == 0:
                self._share = 0  # before it is given back, or a call could begin meanwhile
            self._report = Report(report.demand, report.running)
            allotment = await self.shares.settle(report)
            self._share = allotment.calls
            self._pause(allotment.pause_seconds)
            self._room.set()

            if self._report.demand == 0 and self.demand() == 0:
                return
            await asyncio.sleep(SETTLE_LEAST_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), SETTLE_SECONDS)
            self._urgent.clear()
