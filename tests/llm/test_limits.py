"""The limits that all processes share: never more at once, fair, adapting, and safe when Redis is
away.
"""

import asyncio
import os
import subprocess
import sys
import uuid
from contextlib import asynccontextmanager
from typing import Any

import limits
import pytest
import redis
from django.conf import settings as configured

from roadmaps import llm
from roadmaps.engine import loop
from roadmaps.llm import transport
from roadmaps.llm.limits import gate as turns
from roadmaps.llm.limits import places, rates, shares
from roadmaps.models import Roadmap
from roadmaps.plan.schemas import Intent
from roadmaps.workflow.prompts import messages
from tests import courses
from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for
from tests.llm.test_ask import REQUEST

MODEL = "model"


@pytest.fixture
def provider(monkeypatch):
    """Its name. A process that is held up for some seconds is not taken for a dead one."""
    monkeypatch.setattr(shares, "LEASE_SECONDS", 60.0)
    return f"test-{uuid.uuid4()}"


def known(provider) -> Any:
    """What all processes know of its model's limit."""
    return redis.Redis.from_url(configured.REDIS_URL).hgetall(f"cairn:llm:{provider}:{MODEL}")


class Open:
    """Calls that are open now, of all gates together."""

    def __init__(self):
        self.count = self.most = 0
        self.order = []

    async def call(self, gate, thread_id="thread", lasting=None):
        async with turns.Turn(gate, MODEL, thread_id, 0):
            self.count += 1
            self.most = max(self.most, self.count)
            self.order.append(thread_id)
            await (lasting.wait() if lasting else asyncio.sleep(0.01))
            self.count -= 1


async def until(condition):
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - nothing tells the test
            await asyncio.sleep(0.01)


@asynccontextmanager
async def occupied(gate, opened, count):
    """`count` calls of `gate` that last as long as the block."""
    end = asyncio.Event()
    held = [asyncio.create_task(opened.call(gate, "holder", end)) for _ in range(count)]
    await until(lambda: opened.count == count)
    yield
    end.set()
    await asyncio.gather(*held)


def test_gates_together_open_no_more_calls_than_allowed(provider, settings):
    settings.LLM_CONCURRENCY = 5
    opened = Open()

    async def use():
        gates = [turns.Gate(provider) for _ in range(3)]
        await asyncio.gather(
            *(opened.call(gates[number % 3], f"{number}") for number in range(150))
        )

    loop.run(use())
    assert len(opened.order) == 150
    assert opened.most == 5


def test_a_process_alone_gets_all_that_is_allowed(provider, settings):
    settings.LLM_CONCURRENCY = 20
    opened = Open()

    async def use():
        async with occupied(turns.Gate(provider), opened, 20):
            pass

    loop.run(use())
    assert opened.most == 20


def test_a_newcomer_gets_its_part_of_what_another_has(provider, settings):
    settings.LLM_CONCURRENCY = 6
    opened, served = Open(), asyncio.Event()

    async def ask_again_and_again(gate):
        while not served.is_set():
            await opened.call(gate, "busy")

    async def use():
        busy, newcomer = turns.Gate(provider), turns.Gate(provider)
        many = [asyncio.create_task(ask_again_and_again(busy)) for _ in range(60)]
        await until(lambda: opened.most == 6)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.gather(*(opened.call(newcomer, "newcomer") for _ in range(5)))
        served.set()
        await asyncio.gather(*many)

    loop.run(use())
    assert opened.order.count("newcomer") == 5
    assert opened.most == 6


def test_a_large_roadmap_does_not_starve_a_small_one(provider, settings):
    settings.LLM_CONCURRENCY = 2
    opened = Open()

    async def use():
        gate = turns.Gate(provider)
        large = [asyncio.create_task(opened.call(gate, "large")) for _ in range(200)]
        await until(lambda: opened.count == 2)
        began = len(opened.order)
        await asyncio.gather(*(opened.call(gate, "small") for _ in range(3)))
        await asyncio.gather(*large)
        return opened.order[began:]

    told = loop.run(use())
    assert told.count("small") == 3
    last = len(told) - told[::-1].index("small")
    assert last <= 2 * 3 + 2  # in turn, and two that had theirs already


def test_processes_take_turns_when_fewer_calls_are_allowed_than_there_are_processes(
    provider, settings
):
    settings.LLM_CONCURRENCY = 1
    opened = Open()

    async def use():
        gates = [turns.Gate(provider) for _ in range(3)]
        await asyncio.gather(*(opened.call(gate, str(number)) for number, gate in enumerate(gates)))

    loop.run(use())
    assert (sorted(opened.order), opened.most) == (["0", "1", "2"], 1)


def test_who_is_cancelled_leaves_its_place_to_others(provider, settings):
    settings.LLM_CONCURRENCY = 1
    opened = Open()

    async def use():
        gate = turns.Gate(provider)
        async with occupied(gate, opened, 1):
            waiting = [asyncio.create_task(opened.call(gate)) for _ in range(10)]
            await until(lambda: gate.demand().total() == 11)
            for one in waiting[::2]:
                one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await opened.call(gate)
        return gate.places.running, gate.places_of(MODEL).running

    assert loop.run(use()) == (0, 0)
    assert len(opened.order) == 1 + 5 + 1


def test_who_is_cancelled_as_it_gets_its_turn_gives_it_back(provider, settings):
    settings.LLM_CONCURRENCY = 1
    opened = Open()

    async def use():
        gate = turns.Gate(provider)
        async with occupied(gate, opened, 1):
            late = asyncio.create_task(opened.call(gate))
            await until(lambda: gate.waiting)
            next(iter(gate.waiting.values()))[0][0].add_done_callback(
                lambda _: late.cancel()
            )  # runs before the task goes on
        await asyncio.gather(late, return_exceptions=True)
        assert late.cancelled()
        await opened.call(gate)
        return gate.places.running, gate.places_of(MODEL).running

    assert loop.run(use()) == (0, 0)


def test_an_emptied_redis_lets_nobody_open_more(provider, settings):
    settings.LLM_CONCURRENCY = 4
    opened = Open()
    client = redis.Redis.from_url(configured.REDIS_URL)

    async def use():
        gates = [turns.Gate(provider) for _ in range(2)]
        calls = [asyncio.create_task(opened.call(gates[number % 2])) for number in range(300)]
        for served in (50, 100, 150, 200):
            await until(lambda served=served: len(opened.order) > served)
            client.delete(f"cairn:llm:{provider}", f"cairn:llm:{provider}:{MODEL}")
        await asyncio.gather(*calls)

    loop.run(use())
    assert opened.most == 4


def test_without_redis_a_process_keeps_to_a_safe_part_until_it_is_back(provider, settings, caplog):
    settings.LLM_CONCURRENCY = 8
    opened = Open()

    async def use():
        with_redis = shares.Shares(provider)
        settings.REDIS_URL = "redis://localhost:1"
        gate = turns.Gate(provider)
        await asyncio.gather(*(opened.call(gate) for _ in range(20)))
        most = opened.most
        for under in (gate.places, gate.places_of(MODEL)):
            under.shares.script = with_redis.script
        async with occupied(gate, opened, 8):
            pass
        return most

    assert loop.run(use()) == 2
    assert opened.most == 8
    assert "while Redis is away" in caplog.text


GRAB = """
import asyncio, sys, django
django.setup()
from roadmaps.engine import loop
from roadmaps.llm.limits.gate import Gate

async def grab(provider, count):
    gate = Gate(provider)
    for _ in range(count):
        await gate.enter("model", "grabber", 0)
    print("has them", flush=True)
    await asyncio.Event().wait()

loop.run(grab(sys.argv[1], int(sys.argv[2])))
"""


def test_the_places_of_a_killed_process_come_back(provider, settings, monkeypatch):
    settings.LLM_CONCURRENCY = 3
    opened = Open()
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LLM_CONCURRENCY": "3",
        "REDIS_URL": settings.REDIS_URL,
    }
    command = [sys.executable, "-c", GRAB, provider, "3"]
    grabber = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE
    )
    try:
        assert grabber.stdout.readline() == b"has them\n"
        waiting = asyncio.run_coroutine_threadsafe(_call_by_new_gate(opened, provider), loop.get())
        wait_for(lambda: sum(field.startswith(b"p:") for field in known(provider)) == 2)
        assert not waiting.done()
    finally:
        grabber.kill()
        grabber.wait()
    monkeypatch.setattr(shares, "LEASE_SECONDS", 1.0)
    waiting.result(DEADLINE_SECONDS)
    assert len(opened.order) == 1


async def _call_by_new_gate(opened, provider):
    await opened.call(turns.Gate(provider))


@pytest.fixture
def server(model_server, settings, monkeypatch):
    settings.LLM_MODEL = "openai:test"
    settings.LLM_BASE_URL = model_server.url
    settings.LLM_MAX_ATTEMPTS = 100
    monkeypatch.setattr(transport, "BACKOFF_SECONDS", 0.05)
    monkeypatch.setattr(transport, "BACKOFF_MAX_SECONDS", 0.3)
    fresh_gates()
    yield model_server
    fresh_gates()


def fresh_gates():
    loop.run(llm.close())
    redis.Redis.from_url(configured.REDIS_URL).delete("cairn:llm:openai", "cairn:llm:openai:test")
    turns.gates_by_loop.clear()


def ask(thread_id="thread"):
    return llm.ask("intent", messages("intent", {"request": REQUEST}), Intent, thread_id=thread_id)


def ask_often(count):
    async def all_of_them():
        await asyncio.gather(*(ask(str(number % 7)) for number in range(count)))

    loop.run(all_of_them())


def allow(server, most):
    """Refuse what is more than `most` at once, as providers do."""

    def fault(call):
        taken = [
            one
            for one in server.calls
            if one is not call and one["fault"] is None and "ended" not in one
        ]
        return "429" if len(taken) >= most else None

    server.faults["*"] = fault


def refusals(server):
    return sum(call["fault"] == "429" for call in server.calls)


def test_a_server_that_allows_few_at_once_soon_has_to_refuse_rarely(server, settings, monkeypatch):
    settings.LLM_CONCURRENCY = 48
    server.latency = 0.1
    allow(server, 4)
    ask_often(30)
    server.calls.clear()
    ask_often(60)
    learned = refusals(server)
    assert len(server.calls) == 60 + learned
    server.calls.clear()
    fresh_gates()
    monkeypatch.setattr(places.Places, "refused", lambda *_: None)
    ask_often(60)
    assert learned < refusals(server) / 2


def test_what_was_cut_grows_again(server, settings):
    settings.LLM_CONCURRENCY = 8
    server.latency = 0.02
    server.faults["*"] = ["429"] * 8
    ask_often(150)
    known: Any = redis.Redis.from_url(configured.REDIS_URL).hgetall("cairn:llm:openai:test")
    assert float(known[b"limit"]) > 6


def test_a_refused_call_holds_no_place_while_it_waits(server, settings):
    settings.LLM_CONCURRENCY = 1
    server.faults["Intent"] = ["503"]
    ask_often(2)
    assert [call["fault"] for call in server.calls] == ["503", None, None]


def test_the_built_in_author_needs_no_turn(settings):
    settings.LLM_CONCURRENCY = 1
    turns.gates_by_loop.clear()
    loop.run(ask())
    assert not turns.gates_by_loop


@pytest.fixture
def looks(monkeypatch):
    """The waits that the rates asked for; of an hour instead of a minute, because a new one gives
    new rights.
    """
    monkeypatch.setattr(limits, "RateLimitItemPerMinute", limits.RateLimitItemPerHour)
    asked = []
    hit = rates.count_hit

    async def counted(*arguments):
        asked.append(await hit(*arguments))
        return asked[-1]

    monkeypatch.setattr(rates, "count_hit", counted)
    return asked


def call_until_held(provider, opened, looks, tokens=0):
    """By two processes, until both were told to wait."""

    async def use():
        gates = [turns.Gate(provider) for _ in range(2)]
        calls = [
            asyncio.create_task(_call(gate, opened, tokens)) for gate in gates for _ in range(20)
        ]
        await until(lambda: sum(pause > 0 for pause in looks) >= 4)
        for one in calls:
            one.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    loop.run(use())


async def _call(gate, opened, tokens):
    async with turns.Turn(gate, MODEL, "thread", tokens):
        opened.order.append(tokens)


def test_no_more_requests_a_minute_than_allowed(provider, settings, looks):
    settings.LLM_REQUESTS_PER_MINUTE = 7
    opened = Open()
    call_until_held(provider, opened, looks)
    assert len(opened.order) == 7


def test_no_more_tokens_a_minute_than_allowed(provider, settings, looks):
    settings.LLM_TOKENS_PER_MINUTE = 1000
    opened = Open()
    call_until_held(provider, opened, looks, tokens=150)
    assert sum(opened.order) == 900


def test_tokens_are_paid_as_they_were_used(provider, settings, looks):
    settings.LLM_TOKENS_PER_MINUTE = 1000

    async def use():
        gate = turns.Gate(provider)
        for used in (400, 100, 400):
            turn = turns.Turn(gate, MODEL, "thread", 100)
            async with turn:
                turn.took(used)
        # 100 were reserved, then 100 and the 300 missing, then 100; the 300 of the last come with
        # the next.
        waiting = asyncio.create_task(_call(gate, Open(), 200))
        await until(lambda: looks and looks[-1] > 0)
        waiting.cancel()

    loop.run(use())
    assert [pause > 0 for pause in looks[:3]] == [False, False, False]


def test_without_redis_the_rates_are_a_part_of_what_is_allowed(provider, settings, looks):
    settings.LLM_REQUESTS_PER_MINUTE = 8
    settings.REDIS_URL = "redis://localhost:1"
    opened = Open()
    call_until_held(provider, opened, looks)
    assert len(opened.order) == 2 * 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_together_call_no_more_than_allowed(worker, model_server):
    model_server.latency = 0.5
    for key in ("first", "second"):
        connected = {
            "LLM_MODEL": "openai:test",
            "LLM_BASE_URL": model_server.url,
            "LLM_CONCURRENCY": "4",
        }
        worker(**connected, LLM_API_KEY=key)
    owner = courses.person("owner")
    wait_for(lambda: both_work(owner, model_server))
    assert model_server.most_at_once == 4


def both_work(owner, model_server):
    """Whether both had some of a dozen runs: while one is held up, the other may take them all."""
    for number in range(12):
        courses.requested(owner, goal=f"Learn to bake bread number {number}")
    wait_for(lambda: not Roadmap.objects.exclude(status="AWAITING_REVIEW").exists())
    return {call["authorization"] for call in model_server.calls} == {
        "Bearer first",
        "Bearer second",
    }
