"""History of a plan under review: its drafts, the decisions about them, the models' cost, the log."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from logs_app.models import ExecutionLog
from roadmaps.models import Draft, ModelCall, Review, Roadmap

EVENTS_MOST = 25


def rounds(roadmap: Roadmap) -> list[Draft]:
    """Every draft with its author, score and review, oldest first; without the plans, which are
    large.
    """
    found = roadmap.drafts.defer("plan", "report", "operations", "intent").order_by("number")
    return list(
        found.annotate(score=F("report__score")).select_related("author", "review__decided_by")
    )


def review_of(draft: Draft) -> Review | None:
    """None when a reviewer's edit has taken its place before anybody decided."""
    return getattr(draft, "review", None)


def cost(roadmap: Roadmap) -> Iterable[Any]:
    """What each role has used of its models so far."""
    calls = ModelCall.objects.filter(thread_id=roadmap.thread_id).values("role").order_by("role")
    sums = {name: Sum(name) for name in ("input_tokens", "output_tokens", "seconds")}
    return calls.annotate(calls=Count("pk"), **sums)


def newest_events(roadmap: Roadmap) -> QuerySet[ExecutionLog]:
    return ExecutionLog.objects.filter(roadmap_id=roadmap.pk).order_by("-sequence")[:EVENTS_MOST]
