"""Providers that refuse calls: who waits, how far a model's limit sinks, and how it comes back."""

import asyncio
import random
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as configured

from roadmaps.engine import loop
from roadmaps.llm.limits import gate as turns
from roadmaps.llm.limits import places, shares
from roadmaps.llm.limits.shares import Report, Shares
from tests.llm.test_limits import (
    MODEL,
    Open,
    ask_often,
    known,
    refusals,
    server,  # noqa: F401 - a fixture
    until,
)

RELEASE_BEFORE = (Path(__file__).parent / "shares_of_release_0.lua").read_text()
CONCURRENCY = 64


@pytest.fixture
def provider(monkeypatch, settings):
    """Its name. Nothing is forgotten, however slow the machine is."""
    monkeypatch.setattr(shares, "LEASE_SECONDS", 600.0)
    monkeypatch.setattr(shares, "FORGET_SECONDS", 600.0)
    settings.LLM_CONCURRENCY = CONCURRENCY
    return f"test-{uuid.uuid4()}"


class Process:
    """A process with more to ask than it may: its rounds of calls to a model, without a clock.

    `answers` says of a call, by how many are open, whether it is answered.
    """

    def __init__(self, provider, model=MODEL, demand=200):
        self.name, self.model, self.demand = provider, model, demand
        self.shares = Shares(f"{provider}:{model}", adapts=True)
        self.calls = self.refused = 0
        self.share = loop.run(self.shares.settle(Report(demand, 0))).calls

    def round(self, answers):
        """As many calls as may be open, of which those refused end at once, the others then."""
        count = min(self.share, self.demand)
        answered = 0
        for _ in range(count):
            answered += answers(answered)
        self.calls += count
        self.refused += count - answered
        self.settle(Report(self.demand, answered, refused=count - answered, pause_seconds=1.0))
        self.settle(Report(self.demand, 0, succeeded=answered))
        return self.limit()

    def settle(self, report):
        self.share = loop.run(self.shares.settle(report)).calls

    def state(self):
        stored = redis.Redis.from_url(configured.REDIS_URL).hgetall(
            f"cairn:llm:{self.name}:{self.model}"
        )
        return {name.decode(): value.decode() for name, value in stored.items()}

    def limit(self):
        return float(self.state()["limit"])

    def is_paused(self):
        return float(self.state()["paused"]) > 0


def always(_open):
    return True


def never(_open):
    return False


def every(number):
    """A provider that refuses every so many'th call."""
    calls = iter(range(1, 1_000_000))
    return lambda _open: next(calls) % number > 0


def at_most(most):
    return lambda others: others < most


def test_the_limit_stays_where_every_tenth_call_is_refused(provider):
    process = Process(provider)
    limits = [process.round(every(10)) for _ in range(20)]
    assert set(limits) == {CONCURRENCY}
    assert not process.is_paused()


def test_the_limit_stays_where_a_tenth_is_refused_by_chance(provider):
    chance = random.Random(4)
    process = Process(provider)
    limits = [process.round(lambda _open: chance.random() > 0.1) for _ in range(40)]
    assert sum(limits) / len(limits) > CONCURRENCY * 0.8


def test_the_limit_sinks_where_every_third_call_is_refused_and_comes_back(provider, monkeypatch):
    process, refuses = Process(provider), every(3)
    limits = [process.round(refuses) for _ in range(30)]
    assert max(limits[15:]) < CONCURRENCY / 3
    assert min(limits) > 1
    assert not process.is_paused()
    assert process.round(always) > limits[-1]
    monkeypatch.setattr(shares, "FORGET_SECONDS", 0.0)
    assert max(process.round(always) for _ in range(6)) == CONCURRENCY


def test_who_takes_nothing_is_asked_by_one_call_at_a_time_after_the_pause_it_asks_for(provider):
    process = Process(provider)
    limits = [process.round(never) for _ in range(6)]
    assert limits[3:] == [1, 1, 1]
    assert process.is_paused()
    assert process.calls == 64 + 16 + 4 + 1 + 1 + 1
    # Up to the size that it had before, however long it took nothing.
    back = [process.round(always) for _ in range(6)]
    assert back == [2, 4, 8, 16, 32, 64]


def test_a_limit_comes_back_to_the_last_size_that_went_well_and_by_one_a_round_from_there(provider):
    process = Process(provider)
    few = at_most(10)
    limits = [process.round(few) for _ in range(60)]
    assert max(limits[20:]) < 20
    assert min(limits[20:]) >= 5
    later = process.refused, process.calls
    for _ in range(40):
        process.round(few)
    refused, calls = process.refused - later[0], process.calls - later[1]
    assert refused < calls / 4
    before = [process.round(always) for _ in range(4)]
    assert before[-1] - before[0] <= 8


def test_a_size_that_was_too_large_a_minute_ago_is_tried_again_by_doubling(provider, monkeypatch):
    process = Process(provider)
    for _ in range(30):
        process.round(at_most(4))
    monkeypatch.setattr(shares, "FORGET_SECONDS", 0.0)
    rounds = 0
    while process.round(always) < CONCURRENCY:
        rounds += 1
    assert rounds <= 6


def test_a_few_refusals_of_many_long_calls_say_little(provider):
    """Refusals come at once, and answers after half a minute: those that are open count."""
    process = Process(provider)
    for refused, running in ((6, 58), (1, 63), (0, 64)):
        process.settle(Report(200, running, refused=refused, pause_seconds=1.0))
    assert process.limit() == CONCURRENCY


def test_a_model_that_refuses_does_not_slow_another_of_its_provider(provider):
    refused, other = Process(provider, "refuses"), Process(provider, "answers")
    for _ in range(6):
        refused.round(never)
        other.round(always)
    assert (refused.limit(), other.limit()) == (1, CONCURRENCY)
    assert not other.is_paused()


def test_a_refusal_stops_nobody_else(provider):
    async def use():
        refused, other = turns.Gate(provider), turns.Gate(provider)
        opened = Open()
        async with turns.Turn(refused, MODEL, "thread", 0):
            refused.places_of(MODEL).refused(0.0, 60.0)
        await asyncio.gather(
            *(opened.call(each, f"{n}") for n in range(30) for each in (refused, other))
        )
        return len(opened.order)

    assert loop.run(use()) == 60
    assert float(known(provider)[b"paused"]) == 0


def test_calls_to_a_model_that_rests_do_not_stand_before_those_to_another(provider, monkeypatch):
    async def use():
        gate, opened = turns.Gate(provider), Open()
        monkeypatch.setattr(gate.places_of("refuses"), "have_room", lambda: False)
        waiting = [
            asyncio.create_task(gate.enter("refuses", f"{number}", 0)) for number in range(20)
        ]
        await until(lambda: len(gate.waiting) == 20)
        await asyncio.gather(*(opened.call(gate, f"{number}") for number in range(20)))
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return len(opened.order)

    assert loop.run(use()) == 20


def test_the_place_of_a_refused_call_rests_as_long_as_an_answer_takes(provider, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(places, "now", lambda: clock[0])
    here = places.Places(Shares(f"{provider}:{MODEL}", adapts=True))
    loop.run(here.settle(4))
    here.share = 4
    for _ in range(60):
        here.succeeded(30.0)
    here.refused(1.0, 0.0)
    here.running = 3
    assert not here.have_room()
    loop.run(here.settle(4))
    here.share = 4
    clock[0] += 28.5
    assert not here.have_room()
    clock[0] += 1.0
    loop.run(here.settle(4))
    here.share = 4
    assert here.have_room()


def test_no_more_than_half_of_the_places_rest(provider, settings):
    settings.LLM_CONCURRENCY = 8
    here = places.Places(Shares(f"{provider}:{MODEL}"))

    async def use():
        await here.settle(8)
        here.succeeded(1000.0)
        for _ in range(8):
            here.refused(0.0, 0.0)
        nothing = here.have_room()
        await here.settle(8)
        here.running = 3
        half = here.have_room()
        here.running = 4
        return nothing, half, here.have_room()

    assert loop.run(use()) == (False, True, False)


def test_every_tenth_call_refused_costs_its_own_attempt_and_nothing_more(server, settings):  # noqa: F811
    settings.LLM_CONCURRENCY = 16
    server.latency = 0.02
    server.retry_after = "1"
    refuses = every(10)
    server.faults["*"] = lambda _call: None if refuses(0) else "429"
    ask_often(150)
    assert server.count() == 150 + refusals(server)
    limit = redis.Redis.from_url(configured.REDIS_URL).hget("cairn:llm:openai:test", "limit")
    assert float(limit) == 16  # type: ignore[arg-type]


def test_a_provider_that_takes_nothing_for_a_while_is_not_stormed(server, settings):  # noqa: F811
    """Sixty calls that came back after a second each would be two hundred."""
    settings.LLM_CONCURRENCY = 16
    server.retry_after = "1"
    opens = time.monotonic() + 4
    server.faults["*"] = lambda _call: "429" if time.monotonic() < opens else None
    ask_often(60)
    assert server.count() == 60 + refusals(server)
    assert refusals(server) < 60


class ProcessBefore:
    """A process of the release before, at the hash of a provider."""

    def __init__(self, provider):
        self._client: Any = redis.Redis.from_url(configured.REDIS_URL)
        self._key, self._process, self._calls = f"cairn:llm:{provider}", uuid.uuid4().hex, -1

    def settle(self, demand, running, succeeded=0, refused=0, pause=0):
        arguments = [self._process, demand, running, self._calls, CONCURRENCY]
        arguments += [succeeded, refused, pause, 600_000, 600, 250]
        self._calls, _ = self._client.eval(RELEASE_BEFORE, 1, self._key, *arguments)
        return self._calls


def test_the_release_before_shares_the_limit_during_a_deploy(provider):
    new, old = Shares(provider), ProcessBefore(provider)
    assert old.settle(200, 0) == CONCURRENCY
    assert loop.run(new.settle(Report(200, 0))).calls == 0
    assert old.settle(200, 64) == 32
    old.settle(200, 32)
    assert loop.run(new.settle(Report(200, 0))).calls == 32


def test_refusals_that_the_release_before_counts_slow_neither_of_both_for_long(provider):
    new, old = Shares(provider), ProcessBefore(provider)
    old.settle(200, 0)
    for _ in range(4):
        old.settle(200, 0, refused=10, pause=60_000)
    answer = loop.run(new.settle(Report(200, 0)))
    assert answer.pause_seconds == 0
    assert old.settle(200, 0) + loop.run(new.settle(Report(200, 0))).calls >= CONCURRENCY - 1
