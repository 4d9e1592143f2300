"""What goes to Sentry, and what never does."""

import json
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

from config import reporting
from logs_app import redaction

SECRET = "the-key-of-the-installation"
PROMPT = "I want to leave my husband and learn carpentry"


class Collected(Transport):
    def __init__(self, options):
        super().__init__(options)
        self.events = []

    def capture_envelope(self, envelope):
        self.events += [item.payload.json for item in envelope.items if item.type == "event"]


@pytest.fixture
def sentry():
    with sentry_sdk.isolation_scope():
        redaction.register(SECRET)
        reporting.start("https://public@localhost/1", transport=Collected)
        yield sentry_sdk.get_client().transport
    sentry_sdk.init()  # off again


def raised(exception):
    try:
        raise exception
    except type(exception) as exc:
        sentry_sdk.capture_exception(exc)


def only(sentry):
    (event,) = sentry.events
    return event, json.dumps(event)


def test_an_error_arrives_with_its_type_and_place(sentry):
    raised(KeyError("stage 3"))
    event, _ = only(sentry)
    found = event["exception"]["values"][0]
    assert (found["type"], found["value"]) == ("KeyError", "'stage 3'")
    assert found["stacktrace"]["frames"][-1]["function"] == "raised"


def test_keys_and_passwords_are_removed_wherever_they_stand(sentry):
    sentry_sdk.set_extra("note", f"tried {SECRET} and Bearer abc.def and sk-live1234567890")
    raised(ValueError(f"{SECRET} at postgresql://cairn:pass-word@db/cairn refused"))
    event, text = only(sentry)
    for hidden in (SECRET, "abc.def", "sk-live1234567890", "pass-word"):
        assert hidden not in text
    assert "refused" in event["exception"]["values"][0]["value"]


def test_an_address_that_is_a_key_is_sent_without_it(sentry):
    key = "omApFwvjz6luRM03FP4GjlU4qfmyrXfHd3yUVIJWo30"
    raised(ValueError(f"no page at /review/{key}/"))
    event, text = only(sentry)
    assert key not in text
    assert event["exception"]["values"][0]["value"] == "no page at /review/…/"
    request: dict[str, Any] = {"url": f"https://cairn.example.com/s/{key}/", "method": "GET"}
    event = reporting.scrub({"request": request}, {})
    assert event is not None
    assert event["request"] == {
        "url": "https://cairn.example.com/s/…/",
        "method": "GET",
    }


def test_prompts_answers_and_cookies_are_removed_by_their_names(sentry):
    sentry_sdk.set_context(
        "run", {"prompt": PROMPT, "model": "openai:x", "nested": [{"Authorization": PROMPT}]}
    )
    sentry_sdk.add_breadcrumb(message="asked", data={"messages": [PROMPT], "goal": PROMPT})
    raised(RuntimeError("it failed"))
    event, text = only(sentry)
    assert PROMPT not in text
    assert event["contexts"]["run"]["model"] == "openai:x"


def test_what_a_models_client_repeats_of_the_prompt_is_removed(sentry):
    class BadRequest(Exception):
        pass

    BadRequest.__module__, BadRequest.__qualname__ = "openai._exceptions", "BadRequest"
    raised(BadRequest(f"invalid message: {PROMPT}"))
    event, text = only(sentry)
    assert PROMPT not in text
    assert event["exception"]["values"][0]["type"] == "BadRequest"


def test_of_a_request_only_method_and_address_stay():
    request: dict[str, Any] = {
        "url": "https://cairn.example/roadmaps/",
        "method": "POST",
        "cookies": {"sessionid": "s"},
        "headers": {"Cookie": "sessionid=s"},
        "data": {"goal": PROMPT},
        "query_string": f"goal={PROMPT}",
    }
    kept = reporting.scrub({"request": request}, {})
    assert kept is not None
    assert kept["request"] == {"url": "https://cairn.example/roadmaps/", "method": "POST"}


def test_locals_are_never_sent(sentry):
    prompt_of_a_local = PROMPT
    raised(ValueError(len(prompt_of_a_local)))
    assert PROMPT not in only(sentry)[1]
