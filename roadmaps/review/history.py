"""History of a review: a line for all that happens, and a hint to every open inbox."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from roadmaps import progress
from roadmaps.models import Review, ReviewEvent, ReviewEventKind, ReviewStatus

GROUP = "reviews"
SYSTEM = "the system"


def write(
    review: Review,
    kind: ReviewEventKind,
    *,
    by: User | None = None,
    name: str = "",
    text: str = "",
    **data: Any,
) -> None:
    """Add a line to the history of `review`, by a user or by whom `name` names.

    Open inboxes hear of it.
    """
    who = name or SYSTEM
    if by:
        who = by.get_username()
    ReviewEvent.objects.create(
        review=review, kind=kind, actor=by, actor_name=who[:200], text=text, data=data
    )
    verb = kind.label
    if "decision" in data:
        verb = ReviewStatus(data["decision"]).label
    sentence = f"{review.roadmap}: {verb.lower()} by {who}"
    # The rows are the truth: an inbox that hears of this asks for its rows anew.
    event = {"review": review.pk, "what": kind, "who": who, "said": sentence}
    transaction.on_commit(lambda: progress.hint(GROUP, "review.event", event))
