"""Personal data for a person's own download: its registry, and the part of their roadmaps."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.models import User

from logs_app.history import events_of
from roadmaps.models import ModelCall, ReviewEvent, ReviewEventKind, Roadmap
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
            "reviews": [
                {name: getattr(review, name) for name in REVIEW} | {"decided_as": review.decider}
                for review in roadmap.reviews.order_by("created_at")
            ],
            "history": [_told(line) for line in lines],
            "events": events_of(roadmap.pk),
            "model_calls": list(calls.values(*CALL)),
        }
        yield f"roadmaps/{roadmap.pk}", data


def _told(line: ReviewEvent) -> dict[str, Any]:
    """A line of the history as its learner may read it: who decided and why.

    What reviewers and experts say to each other, and who does what at the desk, is theirs.
    """
    told: dict[str, Any] = {"kind": line.kind, "at": line.at}
    if line.kind == ReviewEventKind.DECIDED:
        told |= {"actor_name": line.said_by, "text": line.text}
    return told
