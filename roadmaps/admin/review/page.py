"""The page of one review: all that a person needs to decide, ready for the templates."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from roadmaps.admin.review import changes as review_changes
from roadmaps.admin.review import history, plan
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Draft, Review, ReviewStatus
from roadmaps.request.fields import facts as request_facts
from roadmaps.review.decisions import DECISIONS
from roadmaps.review.reviewers import check_may_decide

Json = dict[str, Any]
FULL = 100  # percent


def page_of(review: Review, user: User, against: str) -> Json:
    """`against`: the number of the draft to compare with, when it isn't the one that suits best."""
    draft, roadmap = review.draft, review.roadmap
    rounds = history.rounds(roadmap)
    changes = review_changes.changes(draft, rounds, against)
    standing = _standing(review, user)
    edit_url = (
        reverse("admin:roadmaps_review_edit", args=[review.pk]) if standing["may_decide"] else ""
    )
    return {
        "review": review,
        "draft": draft,
        "roadmap": roadmap,
        **standing,
        "facts": request_facts(roadmap),
        "intent": _intent_facts(draft),
        "budget": _budget(draft),
        "rounds": rounds,
        "changes": changes,
        "cost": history.cost(roadmap),
        "log": history.newest_events(roadmap),
        "edit_url": edit_url,
        "decisions": DECISIONS,
        "connect": CONNECT_A_MODEL if roadmap.made_without_model else "",
        **plan.plan_of(draft, changes.states),
    }


def _standing(review: Review, user: User) -> Json:
    """Whether it waits, and whether this person may decide; if not, why not."""
    is_open, why_not = review.status == ReviewStatus.PENDING, ""
    try:
        check_may_decide(user, review.roadmap)
    except PermissionDenied as exc:
        why_not = str(exc)
    overdue = is_open and review.due_at is not None and review.due_at < timezone.now()
    return {
        "is_open": is_open,
        "may_decide": is_open and not why_not,
        "why_not": why_not,
        "is_overdue": overdue,
    }


def _intent_facts(draft: Draft) -> list[tuple[str, list[str]]]:
    """Empty for drafts that were made before the intent was kept with them."""
    labels = {
        "outcome": "Outcome",
        "starting_point": "Starts from",
        "key_topics": "Topics",
        "gaps": "Gaps",
        "constraints": "Constraints",
        "path_type": "Kind of path",
    }
    found = [(label, draft.intent.get(name)) for name, label in labels.items()]
    return [
        (label, value if isinstance(value, list) else [value]) for label, value in found if value
    ]


def _budget(draft: Draft) -> Json:
    """Hours, and how long the two bars are: the longer of plan and learner's time fills its bar."""
    planned, budget = draft.report["minutes"], draft.report["budget_minutes"]
    most = max(planned, budget, 1)
    return {
        "planned": planned / 60,
        "hours": budget / 60,
        "planned_bar": round(FULL * planned / most),
        "budget_bar": round(FULL * budget / most),
        "percent": round(FULL * planned / max(budget, 1)),
        "off": any(issue["code"] == "budget" for issue in draft.report["issues"]),
    }
