"""Fields of a request for a roadmap: where each is asked for, shown, sent and exported.

Forms, prompts, the review's page, error reports, exports and a person's own data follow from this
table, and tests compare it with the form, the model and the export's schema. It imports no model,
so that settings can read it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from roadmaps.models import Roadmap


@dataclass(frozen=True)
class RequestField:
    """One column of Roadmap that the learner fills in.

    `label` stands on the form, `fact` on a review's page with the value, or with the text that
    `in_words` makes from the roadmap; without a `fact` another part of that page shows the field.
    A field that is not `always_sent` is left out of payloads while it is empty.
    """

    name: str
    label: "str | _StrPromise"
    section: str  # of the form: goal, time or about; empty: on a page of its own
    private: bool  # the learner's own words: never in an error report
    to_workflow: bool  # prompts of the design, and the thread's checkpoints
    to_content: bool  # prompts of tutorials, resources and quizzes
    exported: bool
    fact: str
    in_words: Callable[[Any], Any] | None = None
    always_sent: bool = True


def time_in_words(roadmap: Any) -> str:
    return f"{roadmap.hours_per_week} hours a week for {roadmap.weeks} weeks"


def clarifications_in_words(roadmap: Any) -> str:
    return " ".join(f"{pair['question']} “{pair['answer']}”" for pair in roadmap.clarifications)


# In the order of a review's page.
FIELDS = (
    RequestField(
        name="goal",
        label=_("What do you want to learn?"),
        section="goal",
        private=True,
        to_workflow=True,
        to_content=True,
        exported=True,
        fact="",
    ),
    RequestField(
        name="level",
        label=_("Where are you now?"),
        section="goal",
        private=False,
        to_workflow=True,
        to_content=True,
        exported=True,
        fact="Level",
        in_words=lambda roadmap: roadmap.get_level_display(),
    ),
    RequestField(
        name="hours_per_week",
        label=_("Hours a week"),
        section="time",
        private=False,
        to_workflow=True,
        to_content=False,
        exported=True,
        fact="Time",
        in_words=time_in_words,
    ),
    RequestField(
        name="weeks",
        label=_("Weeks"),
        section="time",
        private=False,
        to_workflow=True,
        to_content=False,
        exported=True,
        fact="",
    ),
    RequestField(
        name="target_date",
        label=_("Or until"),
        section="time",
        private=False,
        to_workflow=True,
        to_content=False,
        exported=True,
        fact="Until",
        in_words=lambda roadmap: roadmap.target_date and roadmap.target_date.isoformat(),
    ),
    RequestField(
        name="language",
        label=_("Language"),
        section="goal",
        private=False,
        to_workflow=True,
        to_content=True,
        exported=True,
        fact="Language",
    ),
    RequestField(
        name="background",
        label=_("What do you know already?"),
        section="about",
        private=True,
        to_workflow=True,
        to_content=True,
        exported=True,
        fact="Knows already",
    ),
    RequestField(
        name="motivation",
        label=_("What is it for?"),
        section="about",
        private=True,
        to_workflow=True,
        to_content=True,
        exported=True,
        fact="What for",
    ),
    RequestField(
        name="formats",
        label=_("How do you like to learn?"),
        section="about",
        private=False,
        to_workflow=True,
        to_content=True,
        exported=True,
        fact="Likes",
        in_words=lambda roadmap: ", ".join(roadmap.formats),
    ),
    RequestField(
        name="clarifications",
        label="",
        section="",
        private=True,
        to_workflow=True,
        to_content=False,
        exported=False,
        fact="Was asked",
        in_words=clarifications_in_words,
        always_sent=False,
    ),
)
BY_NAME = {field.name: field for field in FIELDS}
PRIVATE = tuple(field.name for field in FIELDS if field.private)
EXPORTED = tuple(field.name for field in FIELDS if field.exported)
TO_CONTENT = tuple(field.name for field in FIELDS if field.to_content)
# In prompts; another order would make every prompt a new question, which costs a model call.
LAST = ("target_date", "clarifications")


def workflow_payload(roadmap: "Roadmap") -> dict[str, Any]:
    """The request as prompts of the design and checkpoints hold it: plain JSON."""
    return _payload(roadmap, (field for field in FIELDS if field.to_workflow))


def whole_request(roadmap: "Roadmap") -> dict[str, Any]:
    """Every field, for the learner's own data."""
    return _payload(roadmap, FIELDS)


def _payload(roadmap: "Roadmap", fields: Iterable[RequestField]) -> dict[str, Any]:
    payload = {}
    for field in sorted(fields, key=lambda field: field.name in LAST):
        value = getattr(roadmap, field.name)
        if isinstance(value, date):
            value = value.isoformat()
        if value or field.always_sent:
            payload[field.name] = value
    return payload


def facts(roadmap: "Roadmap") -> dict[str, Any]:
    """Filled-in fields by their name on a review's page."""
    filled = {}
    for field in FIELDS:
        value = getattr(roadmap, field.name)
        if field.in_words:
            value = field.in_words(roadmap)
        if field.fact and value:
            filled[field.fact] = value
    return filled
