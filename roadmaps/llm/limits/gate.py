"""The concurrency gate of model calls, fair between threads, one per provider and process.

A call takes its turn here without asking Redis: the gate's share of LLM_CONCURRENCY, the limit of
all processes, is settled a few times a second, as is that of each model's own limit, which sinks
when the model refuses too many calls.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from langchain_core.messages import BaseMessage

from roadmaps.llm import transport
from roadmaps.llm.labels import model_label, without_model
from roadmaps.llm.limits.places import Places, now
from roadmaps.llm.limits.rates import Rates
from roadmaps.llm.limits.shares import Shares

SETTLE_SECONDS = 0.25  # between two reports while calls run or wait
SETTLE_LEAST_SECONDS = 0.03  # however urgent
ANSWER_TOKENS = 1000  # reserved for an answer; what it really took is paid by the next call
REFUSED = (429, 529)

Waiter = tuple["asyncio.Future[None]", int]
Lane = tuple[str, str]  # calls of a thread to a model
gates_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, "Gate"]] = WeakKeyDictionary()


def turn(role: str, thread_id: str, messages: Iterable[BaseMessage]) -> "Turn":
    """The turn in which each attempt of a call to the model of `role` is made."""
    if without_model(role):
        return Turn(None, "", thread_id, 0)  # the built-in author has room for all
    tokens = sum(len(str(message.content)) for message in messages) // 4 + ANSWER_TOKENS
    provider, _, model = model_label(role).partition(":")
    return Turn(gate(provider), model, thread_id, tokens)


def gate(provider: str) -> "Gate":
    gates = gates_by_loop.setdefault(asyncio.get_running_loop(), {})
    if provider not in gates:
        gates[provider] = Gate(provider)
    return gates[provider]


class Turn:
    """A turn at the gate, `async with turn:` around each attempt.

    A refusal by the provider is counted against its model.
    """

    def __init__(self, gate: "Gate | None", model: str, thread_id: str, tokens: int) -> None:
        self._gate, self._model, self._thread_id, self._tokens = gate, model, thread_id, tokens
        self._began = 0.0
        # Its time stands still while others have their turn.
        self.limit: asyncio.Timeout | None = None

    async def __aenter__(self) -> None:
        if self._gate is None:
            return
        async with _standing_still(self.limit):
            await self._gate.enter(self._model, self._thread_id, self._tokens)
        self._began = now()

    async def __aexit__(self, _kind: Any, exc: BaseException | None, _traceback: Any) -> None:
        if self._gate is None:
            return
        places, seconds = self._gate.places_of(self._model), now() - self._began
        if exc is None:
            places.succeeded(seconds)
        elif transport.status(exc) in REFUSED:
            places.refused(seconds, transport.retry_after(exc) or 0.0)
        self._gate.leave(self._model)

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
    remaining = end - now()
    limit.reschedule(None)
    yield
    limit.reschedule(now() + remaining)


class Gate:
    """The calls of one provider in this process, running or waiting by thread and model.

    A call begins when its provider and its model have room.
    """

    def __init__(self, provider: str) -> None:
        self.rates = Rates(provider)
        self.places = Places(Shares(provider))
        self.waiting: OrderedDict[Lane, deque[Waiter]] = OrderedDict()  # the next one first
        self._provider = provider
        self._models: dict[str, Places] = {}
        self._room, self._urgent = asyncio.Event(), asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def places_of(self, model: str) -> Places:
        if model not in self._models:
            self._models[model] = Places(Shares(f"{self._provider}:{model}", adapts=True))
        return self._models[model]

    async def enter(self, model: str, thread_id: str, tokens: int) -> None:
        """Wait for a turn; a caller that is cancelled meanwhile takes none."""
        places = self.places_of(model)
        self._start("settle", self._settle_shares)
        if not self.waiting and not self.rates.are_set and self._has_room(model):
            self._take_place(model)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.setdefault((thread_id, model), deque()).append((waiter, tokens))
        self._start("give", self._give_turns)
        # At once when there may be more than the last report asked for; else the next report is
        # early enough.
        if places.have_what_was_asked_for():
            self._urgent.set()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.leave(model)
            raise

    def _has_room(self, model: str) -> bool:
        return self.places.have_room() and self.places_of(model).have_room()

    def _take_place(self, model: str) -> None:
        self.places.running += 1
        self.places_of(model).running += 1

    def leave(self, model: str) -> None:
        self.places.running -= 1
        self.places_of(model).running -= 1
        self._room.set()

    def _start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if name not in self._tasks or self._tasks[name].done():
            self._tasks[name] = asyncio.create_task(work())

    async def _give_turns(self) -> None:
        """Give turns as there is room, to one thread after the other, while any call waits."""
        while self._wait_any():
            self._room.clear()
            if (lane := self.next_lane()) is None:
                pauses = [places.pause() for places in self._models.values() if places.pause()]
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._room.wait(), min(pauses, default=None))
                continue
            tokens = self.waiting[lane][0][1]
            if self.rates.are_set:
                if pause := await self.rates.reserve(tokens):
                    await asyncio.sleep(pause)
                    continue
                if (lane := self.next_lane()) is None:  # cancelled meanwhile
                    self.rates.correct(-tokens)
                    continue
            waiter, _ = self.waiting[lane].popleft()
            self.waiting.move_to_end(lane)
            self._take_place(lane[1])
            waiter.set_result(None)

    def _wait_any(self) -> bool:
        """Whether any call waits; lanes whose calls were all cancelled are left out from now on."""
        for lane, waiters in list(self.waiting.items()):
            while waiters and waiters[0][0].done():
                waiters.popleft()
            if waiters:
                return True
            del self.waiting[lane]
        return False

    def next_lane(self) -> Lane | None:
        """The lane whose turn it is: the first with a call that waits and has room."""
        room = {model for model in self._models if self._has_room(model)}
        if not room:
            return None
        for lane, waiters in list(self.waiting.items()):
            if lane[1] not in room:
                continue
            while waiters and waiters[0][0].done():
                waiters.popleft()
            if waiters:
                return lane
            del self.waiting[lane]
        return None

    def demand(self) -> Counter[str]:
        """Calls that run or wait, by model."""
        demand = Counter({model: places.running for model, places in self._models.items()})
        for (_, model), waiters in self.waiting.items():
            demand[model] += sum(not waiter.done() for waiter, _ in waiters)
        return demand

    async def _settle_shares(self) -> None:
        """Settle the shares while calls run or wait; the last reports give them back."""
        while True:
            demand = self.demand()
            await asyncio.gather(
                *(
                    places.settle(demand[model])
                    for model, places in self._models.items()
                    if demand[model] or not places.have_nothing_to_report()
                )
            )
            # Of the provider no more than the models take, or others would go without.
            wanted = sum(min(demand[model], places.share) for model, places in self._models.items())
            await self.places.settle(max(wanted, self.places.running))
            self._room.set()

            if not demand.total() and not self.demand().total():
                return
            await asyncio.sleep(SETTLE_LEAST_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), SETTLE_SECONDS)
            self._urgent.clear()
