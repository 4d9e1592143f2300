"""What is kept of a learner's roadmaps, for their own download."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.dispatch import receiver

from logs_app.history import events_of
from roadmaps.models import ModelCall, ReviewEvent, Roadmap
from roadmaps.request.fields import whole_request
from roadmaps.signals import collect_personal_data

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


@receiver(collect_personal_data)
def roadmaps_of(user: User, **_: Any) -> Iterator[tuple[str, Any]]:
    for roadmap in Roadmap.objects.filter(owner=user).iterator():
        yield f"roadmaps/{roadmap.pk}", _all_of(roadmap)


def _all_of(roadmap: Roadmap) -> dict[str, Any]:
    states = ("status", "status_reason", "created_at", "updated_at", "deleted_at")
    lines = ReviewEvent.objects.filter(review__roadmap=roadmap).order_by("at", "id")
    return {
        "id": roadmap.pk,
        "title": str(roadmap),
        "request": whole_request(roadmap),
        **{name: getattr(roadmap, name) for name in states},
        "drafts": list(roadmap.drafts.order_by("number").values(*DRAFT)),
        "reviews": list(roadmap.reviews.order_by("created_at").values(*REVIEW)),
        "history": list(lines.values("kind", "actor_name", "text", "at")),
        "events": events_of(roadmap.pk),
        "model_calls": list(
            ModelCall.objects.filter(thread_id=roadmap.thread_id).order_by("pk").values(*CALL)
        ),
    }
