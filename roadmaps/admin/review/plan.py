"""Plan on the page of a review: findings, picture, and the tree that both point into."""

from collections import defaultdict
from typing import Any

from roadmaps.models import Draft
from roadmaps.plan import shape
from roadmaps.plan.picture import draw

Json = dict[str, Any]
SEVERITIES = ("critical", "warning", "suggestion")
PLAN = "plan"  # the anchor of the whole
FULL = 100  # percent


def plan_of(draft: Draft, states: dict[str, str]) -> Json:
    """Context of the plan; `states` says by part id what differs from the draft compared with."""
    plan, report = draft.plan, draft.report
    titles = shape.titles(plan)

    issues: list[Json] = []
    by_severity = sorted(report["issues"], key=lambda issue: SEVERITIES.index(issue["severity"]))
    for number, issue in enumerate(by_severity, start=1):
        location = issue["location"]
        place = titles.get(location)
        anchor = location if place else PLAN
        issue = issue | {"number": number, "place": place or "the whole plan", "anchor": anchor}
        issues.append(issue)

    marks: dict[str, list[str]] = defaultdict(list)
    for part_id, state in states.items():
        marks[part_id].append(state)
    for issue in issues:
        if issue["severity"] not in marks[issue["location"]]:
            marks[issue["location"]].append(issue["severity"])

    return {
        "issues": issues,
        "critical": sum(issue["severity"] == "critical" for issue in issues),
        "scores": report["scores"],
        "critique_of": report.get("critique_of"),
        "skipped": report.get("skipped", []),
        "budget": budget_of(report),
        "stages": stages_of(plan, titles, states, issues),
        "picture": draw(plan, marks),
    }


def budget_of(report: Any) -> Json:
    """Hours, and how long the two bars are: the longer of plan and learner's time fills its bar."""
    planned, budget = report["minutes"], report["budget_minutes"]
    longer = max(planned, budget, 1)
    return {
        "planned": planned / 60,
        "hours": budget / 60,
        "planned_bar": round(FULL * planned / longer),
        "budget_bar": round(FULL * budget / longer),
        "percent": round(FULL * planned / max(budget, 1)),
        "off": any(issue.get("code") == "budget" for issue in report["issues"]),
    }


def stages_of(
    plan: Any, titles: dict[str, str], states: dict[str, str], issues: list[Json]
) -> list[Json]:
    """The tree, each part with its issues and how it has changed, and each concept with the ids and
    titles of what it needs and unlocks.
    """
    issues_by_anchor: dict[str, list[Json]] = defaultdict(list)
    for issue in issues:
        issues_by_anchor[issue["anchor"]].append(issue)

    unlocks: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for part, _ in shape.parts(plan):
        part["issues"] = issues_by_anchor[part["id"]]
        part["state"] = states.get(part["id"], "")
        part["hours"] = shape.minutes_of(part) / 60
        for prerequisite in part.get("prerequisites", []):
            unlocks[prerequisite].append((part["id"], part["title"]))

    concepts: list[Any] = list(shape.concepts(plan))
    for concept in concepts:
        concept["needs"] = [
            (prerequisite, titles.get(prerequisite, prerequisite))
            for prerequisite in concept["prerequisites"]
        ]
        concept["unlocks"] = unlocks[concept["id"]]
        concept.setdefault("minutes_by_hand", False)  # a template is slow about what isn't there
    stages: list[Json] = plan["stages"]
    return stages
