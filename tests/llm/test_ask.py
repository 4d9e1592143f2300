"""The model door against a real HTTP server that misbehaves."""

import asyncio
import uuid
from importlib import import_module

import httpx
import pytest

from roadmaps import llm
from roadmaps.engine import checkpointer, loop
from roadmaps.exceptions import LLMError
from roadmaps.llm import transport
from roadmaps.llm.limits import gate
from roadmaps.models import ModelCall
from roadmaps.plan.schemas import Intent
from roadmaps.workflow.prompts import messages
from tests.conftest import DEADLINE_SECONDS, wait_for

door = import_module("roadmaps.llm.asking")
METHODS = ["json_schema", "function_calling"]
REQUEST = {
    "goal": "Learn to bake sourdough bread",
    "level": "beginner",
    "hours_per_week": 3,
    "weeks": 2,
    "language": "en",
    "background": "",
    "motivation": "",
    "formats": [],
    "target_date": None,
}


@pytest.fixture
def server(model_server, settings, monkeypatch):
    settings.LLM_MODEL = "openai:test"
    settings.LLM_BASE_URL = model_server.url
    settings.LLM_TIMEOUT_SECONDS = 20
    monkeypatch.setattr(transport, "BACKOFF_SECONDS", 0.01)
    loop.run(llm.close())
    yield model_server
    loop.run(llm.close())


def ask(**options):
    return llm.ask(
        "intent",
        messages("intent", {"request": REQUEST}),
        Intent,
        thread_id=str(uuid.uuid4()),
        **options,
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", ["429", "500", "503", "drop"])
def test_what_did_not_get_through_is_sent_again(server, settings, method, fault):
    settings.LLM_STRUCTURED_OUTPUT = method
    server.faults["Intent"] = [fault, fault]
    call = loop.run(ask())
    assert call.answer.outcome
    assert server.count() == 3
    assert {one["method"] for one in server.calls} == {method}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", ["truncated", "wrong_schema", "not_json", "empty"])
def test_an_answer_that_does_not_fit_is_asked_for_again_with_the_reason(
    server, settings, method, fault
):
    settings.LLM_STRUCTURED_OUTPUT = method
    server.faults["Intent"] = [fault]
    call = loop.run(ask())
    assert call.answer.outcome
    assert call.calls == 2
    said = server.calls[1]["messages"][-1]
    assert said["role"] == "user"
    assert "could not be used" in said["content"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", ["fenced", "thinking", "null_byte"])
def test_an_answer_in_a_wrapping_is_understood_at_once(server, settings, method, fault):
    settings.LLM_STRUCTURED_OUTPUT = method
    server.faults["Intent"] = [fault]
    call = loop.run(ask())
    assert call.calls == 1
    assert "\x00" not in call.answer.model_dump_json()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", ["refused", "filtered"])
def test_a_refusal_is_asked_again_and_then_final(server, settings, method, fault):
    settings.LLM_STRUCTURED_OUTPUT = method
    server.faults["Intent"] = [fault]
    assert loop.run(ask()).calls == 2
    server.faults["Intent"] = [fault] * 3
    with pytest.raises(LLMError, match="refused to answer") as refused:
        loop.run(ask())
    assert refused.value.permanent


@pytest.mark.parametrize(
    ("fault", "hint"), [("400", "function_calling"), ("401", "LLM_API_KEY"), ("404", "LLM_MODEL")]
)
def test_a_refused_request_is_sent_again_and_the_second_refusal_is_final(server, fault, hint):
    server.faults["Intent"] = [fault]
    assert loop.run(ask()).answer.outcome
    assert server.count() == 2
    server.faults["Intent"] = [fault, fault]
    with pytest.raises(LLMError, match=hint) as refused:
        loop.run(ask())
    assert refused.value.permanent
    assert server.count() == 4


def test_a_refusal_at_the_last_attempt_is_told_as_one(server, settings):
    settings.LLM_MAX_ATTEMPTS = 1
    server.faults["Intent"] = ["401"]
    with pytest.raises(LLMError, match="check LLM_API_KEY"):
        loop.run(ask())
    assert server.count() == 1


def test_it_gives_up_after_the_set_number_of_attempts(server, settings):
    settings.LLM_MAX_ATTEMPTS = 3
    server.faults["*"] = lambda call: "503"
    with pytest.raises(LLMError, match="answered 503, 3 times in a row") as given_up:
        loop.run(ask())
    assert not given_up.value.permanent
    assert server.count() == 3


def test_it_gives_up_on_a_model_that_never_fits_the_schema(server):
    server.faults["*"] = lambda call: "wrong_schema"
    with pytest.raises(LLMError, match="no usable answer in 3 tries"):
        loop.run(ask())
    assert server.count() == 3


def test_a_page_that_is_no_model_is_a_clear_error(server):
    server.faults["*"] = lambda call: "html"
    with pytest.raises(LLMError):
        loop.run(ask())


def test_a_server_that_hangs_is_left_and_asked_again(server, settings):
    settings.LLM_TIMEOUT_SECONDS = 3
    loop.run(llm.close())
    server.faults["Intent"] = ["hang"]
    assert loop.run(ask()).answer.outcome
    assert [call["fault"] for call in server.calls][:2] == ["hang", None]
    assert server.abandoned.acquire(timeout=DEADLINE_SECONDS)


def test_retry_after_is_honoured(server):
    server.retry_after = "1"
    server.faults["Intent"] = ["429"]
    loop.run(ask())
    first, second = (call["time"] for call in server.calls)
    assert second - first >= 0.99


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("", None)],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    request = httpx.Request("POST", "http://models")
    refused = httpx.HTTPStatusError(
        "", request=request, response=httpx.Response(429, headers={"retry-after": value})
    )
    assert transport.retry_after(refused) == seconds


def test_a_cancelled_call_hangs_up(server):
    server.faults["Intent"] = ["hang"]
    asked = asyncio.run_coroutine_threadsafe(ask(), loop.get())
    assert server.hanging.acquire(timeout=DEADLINE_SECONDS)
    asked.cancel()
    assert server.abandoned.acquire(timeout=DEADLINE_SECONDS)
    assert server.count() == 1


def test_at_most_the_set_number_of_calls_is_open_at_once(server, settings):
    server.latency = 0.1
    settings.LLM_CONCURRENCY = 4
    gate.gates_by_loop.clear()

    async def many():
        await asyncio.gather(*(ask() for _ in range(20)))

    loop.run(many())
    assert server.count() == 20
    assert server.most_at_once <= 4


def test_waiting_for_a_turn_takes_no_time_of_the_model(server, settings):
    server.latency = 0.25
    settings.LLM_CONCURRENCY, settings.NODE_TIMEOUT_SECONDS = 1, 5

    async def many():
        return await asyncio.gather(*(ask() for _ in range(24)))

    assert all(call.answer.outcome for call in loop.run(many()))
    settings.NODE_TIMEOUT_SECONDS = 1
    server.faults["Intent"] = ["hang"]
    with pytest.raises(LLMError, match="longer than 1 seconds"):
        loop.run(ask())


def test_no_error_tells_the_prompt_or_the_key(server, settings):
    settings.LLM_API_KEY = "sk-secret-of-ours"
    loop.run(llm.close())
    server.faults["*"] = lambda call: "401"
    with pytest.raises(LLMError) as refused:
        loop.run(ask())
    assert server.calls[0]["authorization"] == "Bearer sk-secret-of-ours"
    assert "secret" not in str(refused.value)
    assert "sourdough" not in str(refused.value)


def test_roles_may_have_models_of_their_own(server, settings):
    settings.LLM_MODELS = {"intent": "openai:small"}
    loop.run(ask())
    assert server.calls[0]["model"] == "small"


@pytest.mark.parametrize("name", ["nobody:model", "mistralai:model"])
def test_an_unknown_provider_is_named(settings, name):
    settings.LLM_MODEL = name
    with pytest.raises(LLMError, match=name.partition(":")[0]) as refused:
        loop.run(ask())
    assert refused.value.permanent


def test_an_error_of_our_own_is_no_model_error(server, monkeypatch):
    class BrokenModel:
        async def ainvoke(self, *_):
            raise ZeroDivisionError

    monkeypatch.setattr(door, "answering", lambda *_: BrokenModel())
    with pytest.raises(ZeroDivisionError):
        loop.run(ask())


async def ask_here(thread_id, asked=None, **payload):
    pool = await checkpointer.pool()
    said = messages("intent", {"request": REQUEST | payload})
    return await llm.ask("intent", said, Intent, thread_id=thread_id, pool=pool, asked=asked)


@pytest.mark.django_db(transaction=True)
def test_a_question_is_paid_once_per_thread(server):
    thread_id = str(uuid.uuid4())
    first, second = loop.run(ask_here(thread_id)), loop.run(ask_here(thread_id))
    assert (first.calls, second.calls) == (1, 0)
    assert first.answer == second.answer
    loop.run(ask_here(thread_id, goal="Learn to bake rye bread"))
    loop.run(ask_here(str(uuid.uuid4())))
    assert server.count() == 3
    kept = ModelCall.objects.filter(thread_id=thread_id).earliest("pk")
    assert kept.input_tokens > 0
    assert kept.output_tokens > 0


@pytest.mark.django_db(transaction=True)
def test_who_has_read_what_a_thread_asked_pays_for_nothing_twice(server):
    thread = uuid.uuid4()
    asked = ModelCall.objects.asked_by(thread)
    paid = [loop.run(ask_here(str(thread), asked)), loop.run(ask_here(str(thread), asked))]
    paid.append(loop.run(ask_here(str(thread), ModelCall.objects.asked_by(thread))))
    assert [call.calls for call in paid] == [1, 0, 0]
    assert paid[0].answer == paid[1].answer == paid[2].answer
    assert ModelCall.objects.asked_by(uuid.uuid4()) == set()


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_only_the_release_before_took_is_asked_for_anew_and_both_are_counted(server):
    thread_id = str(uuid.uuid4())
    first = loop.run(ask_here(thread_id))
    ModelCall.objects.update(answer={"outcome": ""})
    again = [loop.run(ask_here(thread_id)) for _ in range(2)]
    assert [one.calls for one in again] == [1, 0]
    assert again[1].answer == again[0].answer
    paid = first.input_tokens + again[0].input_tokens
    assert ModelCall.objects.get().input_tokens == paid


def test_the_server_counts_what_hangs(server):
    server.faults["Intent"] = ["hang"]
    asked = asyncio.run_coroutine_threadsafe(ask(), loop.get())
    wait_for(lambda: server.at_once == 1)
    asked.cancel()
    wait_for(lambda: server.at_once == 0)
