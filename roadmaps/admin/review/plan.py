"""The plan itself on the page of a review: findings, picture, and the tree that both point into."""

from collections import defaultdict
from typing import Any

from roadmaps.models import Draft
from roadmaps.plan import shape
from roadmaps.plan.picture import draw

Json = dict[str, Any]
SEVERITIES = ("critical", "warning", "suggestion")
PLAN = "plan"  # the anchor of the whole


def plan_of(draft: Draft, states: dict[str, str]) -> Json:
    """`states`: part id → how it differs from the draft that this one is compared with."""
    titles = {part["id"]: part["title"] for part, _ in shape.parts(draft.plan)}
    issues = [_issue(issue, titles) for issue in draft.report["issues"]]
    issues.sort(key=lambda issue: SEVERITIES.index(issue["severity"]))
    for number, issue in enumerate(issues, start=1):
        issue["number"] = number
    return {
        "issues": issues,
        "critical": sum(issue["severity"] == "critical" for issue in issues),
        "scores": draft.report["scores"],
        "critique_of": draft.report.get("critique_of"),
        "skipped": draft.report.get("skipped", []),
        "stages": _stages(draft.plan, titles, states, issues),
        "picture": draw(draft.plan, _marks(states, issues)),
    }


def _issue(issue: Json, titles: dict[str, str]) -> Json:
    place = titles.get(issue["location"])
    return issue | {
        "place": place or "the whole plan",
        "anchor": issue["location"] if place else PLAN,
    }


def _marks(states: dict[str, str], issues: list[Json]) -> dict[str, list[str]]:
    marks: dict[str, list[str]] = defaultdict(list)
    for part_id, state in states.items():
        marks[part_id].append(state)
    for issue in issues:
        if issue["severity"] not in marks[issue["location"]]:
            marks[issue["location"]].append(issue["severity"])
    return marks


def _stages(
    plan: Any, titles: dict[str, str], states: dict[str, str], issues: list[Json]
) -> list[Json]:
    """The tree, each part with its issues and how it has changed, and each concept with the ids and
    titles of what it needs and unlocks.
    """
    at: dict[str, list[Json]] = defaultdict(list)
    for issue in issues:
        at[issue["anchor"]].append(issue)
    unlocks: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for part, _ in shape.parts(plan):
        part |= {
            "issues": at[part["id"]],
            "state": states.get(part["id"], ""),
            "hours": _hours(part),
        }
        for needed in part.get("prerequisites", []):
            unlocks[needed].append((part["id"], part["title"]))
    concepts: list[Any] = list(shape.concepts(plan))
    for concept in concepts:
        concept["needs"] = [
            (needed, titles.get(needed, needed)) for needed in concept["prerequisites"]
        ]
        concept["unlocks"] = unlocks[concept["id"]]
        concept.setdefault("minutes_by_hand", False)  # a template is slow about what isn't there
    stages: list[Json] = plan["stages"]
    return stages


def _hours(part: Json) -> float:
    return shape.minutes_of(part) / 60
