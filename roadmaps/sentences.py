"""Sentences that rows keep: written in English, said in the language of whoever reads them.

Beside such a text a row has its source, the marked text and what is filled in. Old rows have none,
and a text that was written without one is its own: both are shown as they stand.
"""

from collections.abc import Callable
from typing import Any

COLUMN_MAX = 1000  # characters of a reason
# Django's gettext once the app is ready. It comes from there because the plan and the workflow
# say sentences as well, and may not reach Django.
translate: Callable[[str], str] = str


class Sentence(str):
    """English, that also knows what it was made from: `Sentence("Retried by %(who)s", who=name)`.

    The text is a literal, so that it is found for translation; what is filled in may be a Sentence
    itself.
    """

    text: str
    facts: dict[str, Any]

    def __new__(cls, text: str, **facts: Any) -> "Sentence":
        made = super().__new__(cls, text % facts if facts else text)
        made.text, made.facts = text, facts
        return made


def source_of(said: str) -> dict[str, Any] | None:
    """What a row keeps beside `said`, as JSON; None for somebody's own words."""
    if not isinstance(said, Sentence):
        return None
    return {
        "text": said.text,
        "facts": {name: source_of(fact) or fact for name, fact in said.facts.items()},
    }


def columns(name: str, said: str) -> dict[str, Any]:
    """The fields `name` and `name_source`."""
    return {name: str(said)[:COLUMN_MAX], f"{name}_source": source_of(said)}


def in_words(said: str) -> str:
    """`said` in the reader's language."""
    return say(str(said), source_of(said))


def say(written: str, source: Any) -> str:
    """`written` in the reader's language; as it stands when it was not made from `source`."""
    try:
        told, english = _filled(source, translate), _filled(source, str)
    except (AttributeError, KeyError, TypeError, ValueError):
        return written
    return told if written and english.startswith(written) else written  # long ones were cut


def _filled(source: Any, into: Callable[[str], str]) -> str:
    facts = source["facts"]
    filled = {
        name: _filled(fact, into) if isinstance(fact, dict) else fact
        for name, fact in facts.items()
    }
    text = into(source["text"])
    return text % filled if filled else text


def event_in_words(event: dict[str, Any]) -> dict[str, Any]:
    """An event of the log as its reader gets it."""
    return event | {"message": say(event["message"], event["data"].get("source"))}
