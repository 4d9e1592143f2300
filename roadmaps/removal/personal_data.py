"""Personal data for a person's own download: its registry, and the part of their roadmaps."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.models import User

from logs_app.history import events_of
from roadmaps.models import ModelCall, ReviewEvent, Roadmap
from roadmaps.request.fields import whole_request

# From a user to (path in the zip without suffix, plain data), read one by one.
Part = Callable[[User], Iterator[tuple[str, Any]]]
parts: list[Part] = []

ROADMAP = ("status", "status_reason", "created_at", "updated_at", "deleted_at")
DRAFT = ("number", "origin", "created_at", "intent", "plan", "report", "operations")
REVIEW = (
    "status",
    "round",
    "created_at",
    "decided_at",
    "decided_as",
    "decided_how",
    "comment",
    "parts",
)
CALL = (
    "created_at",
    "role",
    "model",
    "prompt",
    "answer",
    "input_tokens",
    "output_tokens",
    "seconds",
)


def part(data_of: Part) -> Part:
    """Decorator of a function that yields the data that an app keeps of a person."""
    parts.append(data_of)
    return data_of


def everything_of(user: User) -> Iterator[tuple[str, Any]]:
    """All parts of all apps."""
    for data_of in parts:
        yield from data_of(user)


@part
def roadmaps_of(user: User) -> Iterator[tuple[str, Any]]:
    for roadmap in Roadmap.objects.filter(owner=user).iterator():
        states = {name: getattr(roadmap, name) for name in ROADMAP}
        lines = ReviewEvent.objects.filter(review__roadmap=roadmap).order_by("at", "id")
        calls = ModelCall.objects.filter(thread_id=roadmap.thread_id).order_by("pk")
        data = {
            "id": roadmap.pk,
            "title": str(roadmap),
            "request": whole_request(roadmap),
            **states,
            "drafts": list(roadmap.drafts.order_by("number").values(*DRAFT)),
            "reviews": list(roadmap.reviews.order_by("created_at").values(*REVIEW)),
            "history": list(lines.values("kind", "actor_name", "text", "at")),
            "events": events_of(roadmap.pk),
            "model_calls": list(calls.values(*CALL)),
        }
        yield f"roadmaps/{roadmap.pk}", data
