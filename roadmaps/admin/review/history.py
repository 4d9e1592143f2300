"""History of a plan under review: its drafts, the decisions about them, the cost, the log."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from logs_app.models import ExecutionLog
from roadmaps.models import Draft, ModelCall, Review, Roadmap
from roadmaps.review.decisions import RESUMING

EVENTS_MOST = 25


def rounds(roadmap: Roadmap) -> list[Draft]:
    """Every draft with its author, score and review, oldest first; without the plans, which are
    large.
    """
    drafts = roadmap.drafts.defer("plan", "report", "operations", "intent").order_by("number")
    drafts = drafts.annotate(score=F("report__score"))
    return list(drafts.select_related("author", "review__decided_by"))


def review_of(draft: Draft) -> Review | None:
    """The review of a draft; None when a reviewer edited the draft before anybody decided."""
    return getattr(draft, "review", None)


def base_of(draft: Draft, rounds: list[Draft], against: str) -> Draft | None:
    """Draft that `draft` is compared with: the one whose number is `against`; else the last that
    was decided about; else the last one before the reviewers' edits of it.
    """
    earlier = [candidate for candidate in rounds if candidate.number < draft.number]
    chosen = [candidate for candidate in earlier if str(candidate.number) == against]

    decided = []
    for candidate in earlier:
        review = review_of(candidate)
        if review and review.status in RESUMING:
            decided.append(candidate)

    unedited = []
    if draft.origin == Draft.Origin.EDITED:
        unedited = [candidate for candidate in earlier if candidate.origin != Draft.Origin.EDITED]

    candidates = chosen or decided or unedited
    return candidates[-1] if candidates else None


def drafts_between(base: Draft, draft: Draft) -> QuerySet[Draft]:
    """Drafts after `base` up to this one, without the plans."""
    drafts = Draft.objects.filter(
        roadmap=draft.roadmap_id, number__gt=base.number, number__lte=draft.number
    )
    return drafts.defer("plan", "report", "intent").select_related("author").order_by("number")


def cost(roadmap: Roadmap) -> Iterable[Any]:
    """Calls, tokens and seconds that each role has used so far."""
    calls = ModelCall.objects.filter(thread_id=roadmap.thread_id).values("role").order_by("role")
    sums = {name: Sum(name) for name in ("input_tokens", "output_tokens", "seconds")}
    return calls.annotate(calls=Count("pk"), **sums)


def newest_events(roadmap: Roadmap) -> QuerySet[ExecutionLog]:
    return ExecutionLog.objects.filter(roadmap_id=roadmap.pk).order_by("-sequence")[:EVENTS_MOST]
