"""Rules of a plan that code can check: sizes, links, order, time, duplicates."""

from collections.abc import Iterable
from itertools import combinations
from math import prod

from rapidfuzz import fuzz

from roadmaps.plan import shape
from roadmaps.plan.shape import Concept, Issue, Module, Plan, Severity, Stage

SIZES = {"stages": (2, 6), "modules": (1, 5), "concepts": (1, 8)}
CONCEPTS_MOST = prod(most for _, most in SIZES.values())
TOLERANCE = 0.15  # of the learner's time
FAR_OFF = 0.5
ALIKE = 90  # of 100


def check(plan: Plan, budget_minutes: int) -> list[Issue]:
    return [
        *size_issues(plan),
        *prerequisite_issues(plan),
        *time_issues(plan, budget_minutes),
        *duplicate_issues(plan),
        *outcome_issues(plan),
    ]


def _issue(
    code: str, severity: Severity, dimension: str, location: str, message: str, suggestion: str
) -> Issue:
    return {
        "code": code,
        "severity": severity,
        "dimension": dimension,
        "location": location,
        "message": message,
        "suggestion": suggestion,
        "source": "rules",
    }


def size_issues(plan: Plan) -> list[Issue]:
    counts = [("", "The roadmap", "stages", len(plan["stages"]))]
    for stage in plan["stages"]:
        counts.append((stage["id"], f"“{stage['title']}”", "modules", len(stage["modules"])))
    for module in shape.modules(plan):
        counts.append((module["id"], f"“{module['title']}”", "concepts", len(module["concepts"])))

    issues = []
    advice = "Split or merge parts"
    for location, name, kind, count in counts:
        least, most = SIZES[kind]
        if not least <= count <= most:
            message = f"{name} has {count} {kind}; {least} to {most} are possible."
            issues.append(_issue("size", "critical", "coherence", location, message, advice))
    return issues


def prerequisite_issues(plan: Plan) -> list[Issue]:
    """Prerequisites that don't come earlier in reading order; those that do can form no cycle."""
    titles = {concept["id"]: concept["title"] for concept in shape.concepts(plan)}
    earlier: set[str] = set()
    issues = []
    advice = "Reorder, or drop the prerequisite"
    for concept in shape.concepts(plan):
        location = concept["id"]
        for needed in concept["prerequisites"]:
            if needed in earlier:
                continue
            if needed == location:
                problem = "that is itself"
            elif needed in titles:
                problem = f"“{titles[needed]}” comes later"
            else:
                problem = f"{needed!r} does not exist"
            message = f"“{concept['title']}” needs a concept first, but {problem}."
            issues.append(
                _issue("prerequisite", "critical", "progression", location, message, advice)
            )
        earlier.add(location)
    return issues


def fitting(budget_minutes: int) -> tuple[float, float]:
    """The least and the most minutes of a plan that fits."""
    return budget_minutes * (1 - TOLERANCE), budget_minutes * (1 + TOLERANCE)


def time_issues(plan: Plan, budget_minutes: int) -> list[Issue]:
    planned = shape.minutes(plan)
    off = abs(planned - budget_minutes) / max(budget_minutes, 1)
    if off <= TOLERANCE:
        return []
    severity: Severity = "critical" if off > FAR_OFF else "warning"
    message = f"The plan takes {planned / 60:.1f} hours, the learner has {budget_minutes / 60:.1f}."
    direction = "less" if planned > budget_minutes else "more"
    advice = f"Plan {direction} time, or other concepts"
    return [_issue("budget", severity, "fit", "", message, advice)]


def duplicate_issues(plan: Plan) -> list[Issue]:
    """Titles that are alike within a kind: a module may well be named after its stage."""
    issues = []
    kinds: dict[str, Iterable[Stage | Module | Concept]] = {
        "stages": plan["stages"],
        "modules": shape.modules(plan),
        "concepts": shape.concepts(plan),
    }
    for kind, parts in kinds.items():
        for first, other in combinations(parts, 2):
            titles = shape.key(first["title"]), shape.key(other["title"])
            ratio = fuzz.ratio(*titles, score_cutoff=ALIKE)
            if ratio > ALIKE:
                names = f"“{first['title']}” and “{other['title']}”"
                message = f"The {kind} {names} look like the same one."
                severity: Severity = "critical" if ratio == 100 else "warning"
                location, advice = other["id"], "Merge or rename one"
                issues.append(_issue("duplicate", severity, "coherence", location, message, advice))
    return issues


def outcome_issues(plan: Plan) -> list[Issue]:
    issues = []
    for concept in shape.concepts(plan):
        if not any(outcome.strip() for outcome in concept["outcomes"]):
            message = f"“{concept['title']}” has no learning outcome."
            issues.append(
                _issue("outcomes", "warning", "clarity", concept["id"], message, "Add one")
            )
    return issues
