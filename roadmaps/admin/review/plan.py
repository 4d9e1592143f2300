"""The plan itself on the page of a review: findings, picture, and the tree that both point into."""

from collections import defaultdict
from typing import Any

from django.utils.safestring import SafeString

from roadmaps.admin.review import picture as review_picture
from roadmaps.admin.review.tree import link, tree
from roadmaps.models import Draft
from roadmaps.plan import shape
from roadmaps.plan.picture import draw

Json = dict[str, Any]
SEVERITIES = ("critical", "warning", "suggestion")
PLAN = "plan"  # the anchor of the whole


def plan_of(draft: Draft, states: dict[str, str], edit_url: str) -> Json:
    """`states`: part id → how it differs from the draft that this one is compared with;
    `edit_url`: as in `tree`.
    """
    titles = {part["id"]: part["title"] for part, _ in shape.parts(draft.plan)}
    issues = [_issue(issue, titles) for issue in draft.report["issues"]]
    issues.sort(key=lambda issue: SEVERITIES.index(issue["severity"]))
    for number, issue in enumerate(issues, start=1):
        issue["number"] = number
    picture = draw(draft.plan, _marks(states, issues))
    return {
        "issues": issues,
        "critical": sum(issue["severity"] == "critical" for issue in issues),
        "scores": draft.report["scores"],
        "critique_of": draft.report.get("critique_of"),
        "skipped": draft.report.get("skipped", []),
        "tree": tree(_stages(draft.plan, titles, states, issues), edit_url),
        "picture": picture,
        "picture_curves": review_picture.curves(picture),
        "picture_nodes": review_picture.nodes(picture),
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
    plan: Json, titles: dict[str, str], states: dict[str, str], issues: list[Json]
) -> list[Json]:
    """The tree, each part with its issues and how it has changed, and links to what each concept
    needs and unlocks.
    """
    at: dict[str, list[Json]] = defaultdict(list)
    for issue in issues:
        at[issue["anchor"]].append(issue)
    links = {part_id: link(part_id, title) for part_id, title in titles.items()}
    unlocks: dict[str, list[SafeString]] = defaultdict(list)
    for part, _ in shape.parts(plan):
        part |= {
            "issues": at[part["id"]],
            "state": states.get(part["id"], ""),
            "hours": _hours(part),
        }
        for needed in part.get("prerequisites", []):
            unlocks[needed].append(links[part["id"]])
    for concept in shape.concepts(plan):
        concept["needs"] = [links.get(one) or link(one, one) for one in concept["prerequisites"]]
        concept["unlocks"] = unlocks[concept["id"]]
    stages: list[Json] = plan["stages"]
    return stages


def _hours(part: Json) -> float:
    if "minutes" in part:
        return float(part["minutes"]) / 60
    inside = [part] if "modules" in part else [{"modules": [part]}]
    return shape.minutes({"stages": inside}) / 60
