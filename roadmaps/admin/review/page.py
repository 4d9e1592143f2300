"""Page of one review: all that a person needs to decide, ready for the templates."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from roadmaps.admin.review import changes as review_changes
from roadmaps.admin.review import history, plan
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Review, ReviewStatus
from roadmaps.request.fields import facts as request_facts
from roadmaps.review.decisions import DECISIONS
from roadmaps.review.reviewers import check_may_decide

Json = dict[str, Any]
INTENT_LABELS = {
    "outcome": "Outcome",
    "starting_point": "Starts from",
    "key_topics": "Topics",
    "gaps": "Gaps",
    "constraints": "Constraints",
    "path_type": "Kind of path",
}


def page_of(review: Review, user: User, against: str) -> Json:
    """Context of the page; `against` is the number of the draft to compare with, or empty."""
    draft, roadmap = review.draft, review.roadmap
    rounds = history.rounds(roadmap)
    changes = review_changes.changes(draft, rounds, against)

    is_open = review.status == ReviewStatus.PENDING
    is_overdue = is_open and review.due_at is not None and review.due_at < timezone.now()
    why_not = ""
    try:
        check_may_decide(user, roadmap)
    except PermissionDenied as exc:
        why_not = str(exc)
    may_decide = is_open and not why_not
    edit_url = ""
    if may_decide:
        edit_url = reverse("admin:roadmaps_review_edit", args=[review.pk])

    # Drafts that are older than the record of the intent have none.
    intent: list[tuple[str, list[str]]] = []
    for name, label in INTENT_LABELS.items():
        value = draft.intent.get(name)
        if value:
            values = value if isinstance(value, list) else [value]
            intent.append((label, values))

    return {
        "review": review,
        "draft": draft,
        "roadmap": roadmap,
        "is_open": is_open,
        "may_decide": may_decide,
        "why_not": why_not,
        "is_overdue": is_overdue,
        "facts": request_facts(roadmap),
        "intent": intent,
        "rounds": rounds,
        "changes": changes,
        "cost": history.cost(roadmap),
        "log": history.newest_events(roadmap),
        "edit_url": edit_url,
        "decisions": DECISIONS,
        "connect": CONNECT_A_MODEL if roadmap.made_without_model else "",
        **plan.plan_of(draft, changes.states),
    }
