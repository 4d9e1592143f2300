"""What the page of one review shows."""

from typing import Any

from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Draft, Review, Roadmap
from roadmaps.workflow import plans

SEVERITIES = ("critical", "warning", "suggestion")


def page_of(review: Review) -> dict[str, Any]:
    """All that a reviewer needs to decide, ready for the template."""
    draft = review.draft
    titles = {part["id"]: part["title"] for part, _ in plans.parts(draft.plan)}
    issues = [issue | {"place": titles.get(issue["location"], "the whole plan")} for issue in draft.report["issues"]]
    earlier = review.roadmap.reviews.exclude(pk=review.pk).select_related("draft", "decided_by").order_by("created_at")
    return {
        "review": review,
        "draft": draft,
        "stages": _stages(draft.plan, titles),
        "issues": sorted(issues, key=lambda issue: SEVERITIES.index(issue["severity"])),
        "hours": draft.report["minutes"] / 60,
        "budget_hours": draft.report["budget_minutes"] / 60,
        "earlier": earlier,
        "request_facts": _request_facts(review.roadmap),
        "connect": CONNECT_A_MODEL if review.roadmap.made_without_model else "",
    }


def _stages(plan: dict[str, Any], titles: dict[str, str]) -> list[dict[str, Any]]:
    """With the hours of each stage, and the titles of what each concept needs."""
    for concept in plans.concepts(plan):
        concept["needs"] = [titles.get(one, one) for one in concept["prerequisites"]]
    return [stage | {"hours": plans.minutes({"stages": [stage]}) / 60} for stage in plan["stages"]]


def _request_facts(roadmap: Roadmap) -> dict[str, Any]:
    facts = roadmap.request_payload() | {"formats": ", ".join(roadmap.formats)}
    return {name.replace("_", " "): value for name, value in facts.items() if value}


def seen_draft(review: Review, number: str) -> Draft:
    """The draft that the person who decides was looking at: a decision is about that one only."""
    seen = review.roadmap.drafts.filter(number=number).first() if number.isdigit() else None
    return seen or review.draft
