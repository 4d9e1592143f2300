"""Answers that are meant to stop the process that reads them: long, deep, or slow to look through."""

import ast
import importlib
import json
import pkgutil
import re
import time
import tracemalloc
import uuid
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

import roadmaps
from roadmaps import llm
from roadmaps.engine import checkpointer, loop
from roadmaps.exceptions import LLMError
from roadmaps.llm import parsing
from roadmaps.llm.labels import REASONS
from roadmaps.models import ModelFailure
from roadmaps.plan.schemas import Intent
from roadmaps.workflow import approval
from roadmaps.workflow.prompts import messages
from tests.llm.test_ask import METHODS, REQUEST, ask, server  # noqa: F401 - a fixture

# Rooms that read what models and learners wrote.
ROOMS = ("llm", "workflow", "plan", "request")
TIMES_THE_TEXT, TIMES_AS_LONG = 8, 30  # linear takes 8 times as long, quadratic 64 times
NOT_MEASURABLE_SECONDS = 0.02
REPEATED = {
    "opened": "<think>",
    "opened in both ways": "<think><thinking>",
    "closed": "</think>",
    "closed before opened": "</think><think>",
    "thought": "<think>a</think>",
    "half a tag": "<think",
    "brackets": "[",
    "braces": "{",
    "objects": '{"a":',
    "empty objects": "{}",
    "quotes": '"',
    "backslashes": "\\",
    "escaped quotes": '\\"',
    "escaped nothing": "\\u0000",
    "halves of pairs": "\\ud800",
    "digits": "9",
    "fences": "```json\n",
    "spaces": " ",
    "lines": " \n",
    "please": "please ",
    "wishes": "i want to learn ",
    "words": "how to ",
    "accents": "e\u0301",
}


def seconds_of(work, text):
    """CPU time of this thread: others share the machine."""
    start = time.thread_time()
    work(text)
    return time.thread_time() - start


def assert_linear(work, repeated, count=4000):
    """The best of several tries: what is quadratic is so in each."""
    ratios = []
    for _ in range(8):
        long = seconds_of(work, repeated * count * TIMES_THE_TEXT)
        if long < NOT_MEASURABLE_SECONDS:
            return
        short = min(seconds_of(work, repeated * count) for _ in range(3))
        ratios.append(long / max(short, 1e-9))
        if ratios[-1] < TIMES_AS_LONG:
            return
    raise AssertionError(ratios)


def read(text):
    try:
        parsing.read(AIMessage(text), Intent)
    except parsing.Unusable:
        return


@pytest.mark.parametrize("kind", REPEATED)
def test_the_time_to_read_an_answer_grows_with_its_length_only(settings, kind):
    settings.LLM_ANSWER_MAX_BYTES = 1_000_000_000
    assert_linear(read, REPEATED[kind])
    assert_linear(lambda text: read(f"{{{text}}}"), REPEATED[kind])


def test_an_answer_in_many_blocks_is_read_in_time_too(settings):
    settings.LLM_ANSWER_MAX_BYTES = 1_000_000_000

    def read_blocks(blocks):
        parsing.visible_text(AIMessage.model_construct(content=blocks))

    assert_linear(read_blocks, [{"type": "text", "text": "a"}])


@pytest.mark.parametrize("kind", REPEATED)
def test_the_learners_words_are_left_out_of_a_plan_in_time(kind):
    text = REPEATED[kind]
    assert_linear(lambda plan: approval.without_phrases(plan, {(text, text, text)}), text)


def modules():
    """Every module of the rooms, with its source."""
    for room in ROOMS:
        package = importlib.import_module(f"roadmaps.{room}")
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def patterns():
    """Every pattern of the rooms by the place it stands at."""
    found: dict[str, re.Pattern[str]] = {}
    for module in modules():
        found |= {
            f"{module.__name__}.{name}": value
            for name, value in vars(module).items()
            if isinstance(value, re.Pattern)
        }
    return found


def test_every_pattern_stands_where_the_test_of_their_time_finds_it():
    """At the top of its module: a pattern that a function gives to `re` would escape it."""
    escaped = []
    for module in modules():
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        named = [ast.unparse(node.func) for node in functions]
        escaped += [
            (module.__name__, name)
            for name in named
            if name.startswith("re.") and name not in ("re.compile", "re.escape")
        ]
    assert escaped == []
    assert {"roadmaps.llm.parsing.THINKING_BEGINS", "roadmaps.llm.author.plan.LEAD_IN"} <= set(
        patterns()
    )


@pytest.mark.parametrize("place", patterns())
@pytest.mark.parametrize("kind", REPEATED)
def test_the_time_of_every_pattern_grows_with_the_text_only(place, kind):
    pattern = patterns()[place]
    assert_linear(lambda text: pattern.sub("", text), REPEATED[kind])
    assert_linear(lambda text: pattern.sub("", text), f"{REPEATED[kind]}a")


def test_what_is_thought_is_cut_as_ever():
    before = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
    for text in (
        "<think>a</think>b<thinking>c\n</thinking>d",
        "a<think>b<think>c</think>d</think>e",
        "</think>a<think>b",
        "<think>a</thinking>b",
        "<think>a<thinking>b",
        "a",
        "",
    ):
        assert parsing.without_thinking(text) == before.sub("", text)


DEEP = {
    "in an object": '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    "never closed": '{"a":' + "[" * 100_000 + "}",
    "less than JSON's bound": '{"a":' + "[" * 950 + "]" * 950 + "}",
    "objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "a number": '{"outcome":' + "9" * 100_000 + "}",
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", DEEP)
def test_an_answer_of_absurd_depth_is_asked_for_again(server, settings, kind, method):  # noqa: F811
    settings.LLM_STRUCTURED_OUTPUT = method
    server.texts["Intent"] = lambda call: DEEP[kind] if call is server.calls[0] else None
    assert loop.run(ask()).calls == 2
    assert "could not be used" in server.calls[1]["messages"][-1]["content"]


def test_a_body_of_absurd_depth_is_no_models(server):  # noqa: F811
    server.faults["Intent"] = ["deep"]
    assert loop.run(ask()).answer.outcome
    assert server.count() == 2


@pytest.mark.django_db(transaction=True)
def test_half_a_pair_of_characters_is_left_out_of_what_is_stored(server):  # noqa: F811
    def with_half(call):
        if call["payload"].get("request"):
            good = json.loads(json.dumps(GOOD))
            return json.dumps(good).replace("bake", "b\\ud800a\\u0000ke")
        return None

    server.texts["Intent"] = with_half
    assert "bake" in loop.run(ask_and_keep()).answer.outcome


GOOD = {
    "outcome": "To bake bread",
    "key_topics": ["bread"],
    "starting_point": "none",
    "gaps": ["all of it"],
    "constraints": ["none"],
    "path_type": "hobby",
}


async def ask_and_keep():
    pool = await checkpointer.pool()
    said = messages("intent", {"request": REQUEST})
    return await llm.ask("intent", said, Intent, thread_id=str(uuid.uuid4()), pool=pool)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["endless", "packed"])
def test_an_answer_without_end_is_given_up_and_a_shorter_one_asked_for(server, settings, fault):  # noqa: F811
    settings.LLM_ANSWER_MAX_BYTES = 200_000
    server.faults["Intent"] = [fault]
    loop.run(ask())  # what is imported at the first call
    server.faults["Intent"] = [fault]
    tracemalloc.start()
    try:
        assert loop.run(ask_and_keep()).calls == 2
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20_000_000
    assert server.bytes_sent < 50_000_000  # what the sockets hold, and not all that was offered
    assert "LLM_ANSWER_MAX_BYTES" in server.calls[-1]["messages"][-1]["content"]
    failure = ModelFailure.objects.get()
    assert (failure.reason, failure.attempts, failure.gave_up) == ("too_long", 1, False)
    assert failure.reason in REASONS


@pytest.mark.django_db(transaction=True)
def test_a_model_that_never_ends_fails_with_a_sentence(server, settings):  # noqa: F811
    settings.LLM_ANSWER_MAX_BYTES = 200_000
    server.faults["*"] = lambda call: "endless"
    with pytest.raises(LLMError, match="LLM_ANSWER_MAX_BYTES") as given_up:
        loop.run(ask_and_keep())
    assert not given_up.value.permanent
    assert server.count() == 3
    assert ModelFailure.objects.get().gave_up


def test_an_answer_by_a_client_that_is_not_bounded_is_measured_all_the_same(settings):
    settings.LLM_ANSWER_MAX_BYTES = 10_000
    with pytest.raises(parsing.TooLong):
        parsing.read(AIMessage("a" * 10_001), Intent)
    assert parsing.read(AIMessage(json.dumps(GOOD)), Intent).outcome


def test_the_rooms_that_read_foreign_text_are_there():
    assert all((Path(roadmaps.__file__).parent / room).is_dir() for room in ROOMS)
