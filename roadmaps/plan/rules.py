"""Rules of a plan that code can check: sizes, links, order, time, duplicates."""

from collections.abc import Iterable
from itertools import combinations

from rapidfuzz import fuzz

from roadmaps.plan import shape
from roadmaps.plan.shape import Concept, Issue, Module, Plan, Severity, Stage

SIZES = {"stages": (2, 6), "modules": (1, 5), "concepts": (1, 8)}
TOLERANCE = 0.15  # of the learner's time
FAR_OFF = 0.5
ALIKE = 90  # of 100


def check(plan: Plan, budget_minutes: int) -> list[Issue]:
    return [
        *_sizes(plan),
        *_links(plan),
        *_time(plan, budget_minutes),
        *_titles(plan),
        *_outcomes(plan),
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


def _sizes(plan: Plan) -> list[Issue]:
    counts = [("", "The roadmap", "stages", len(plan["stages"]))]
    for stage in plan["stages"]:
        counts.append((stage["id"], f"“{stage['title']}”", "modules", len(stage["modules"])))
    for module in shape.modules(plan):
        counts.append((module["id"], f"“{module['title']}”", "concepts", len(module["concepts"])))
    return [
        _issue(
            "size",
            "critical",
            "coherence",
            location,
            _size_text(name, kind, count),
            "Split or merge parts",
        )
        for location, name, kind, count in counts
        if not SIZES[kind][0] <= count <= SIZES[kind][1]
    ]


def _size_text(name: str, kind: str, count: int) -> str:
    least, most = SIZES[kind]
    return f"{name} has {count} {kind}; {least} to {most} are possible."


def _links(plan: Plan) -> list[Issue]:
    """Prerequisites that come earlier in reading order exist and can form no cycle."""
    titles = {concept["id"]: concept["title"] for concept in shape.concepts(plan)}
    seen: set[str] = set()
    issues = []
    for concept in shape.concepts(plan):
        for needed in concept["prerequisites"]:
            if needed not in seen:
                problem = _why_not(needed, concept, titles)
                message = f"“{concept['title']}” needs a concept first, but {problem}."
                issues.append(_link_issue(concept["id"], message))
        seen.add(concept["id"])
    return issues


def _why_not(needed: str, concept: Concept, titles: dict[str, str]) -> str:
    if needed == concept["id"]:
        return "that is itself"
    return f"“{titles[needed]}” comes later" if needed in titles else f"{needed!r} does not exist"


def _link_issue(location: str, message: str) -> Issue:
    return _issue(
        "prerequisite",
        "critical",
        "progression",
        location,
        message,
        "Reorder, or drop the prerequisite",
    )


def fitting(budget_minutes: int) -> tuple[float, float]:
    """The least and the most minutes of a plan that fits."""
    return budget_minutes * (1 - TOLERANCE), budget_minutes * (1 + TOLERANCE)


def _time(plan: Plan, budget_minutes: int) -> list[Issue]:
    planned = shape.minutes(plan)
    off = abs(planned - budget_minutes) / max(budget_minutes, 1)
    if off <= TOLERANCE:
        return []
    severity: Severity = "critical" if off > FAR_OFF else "warning"
    message = f"The plan takes {planned / 60:.1f} hours, the learner has {budget_minutes / 60:.1f}."
    direction = "less" if planned > budget_minutes else "more"
    return [
        _issue("budget", severity, "fit", "", message, f"Plan {direction} time, or other concepts")
    ]


def _titles(plan: Plan) -> list[Issue]:
    """Compared within a kind: a module may well be named after its stage."""
    return [
        *_alike("stages", plan["stages"]),
        *_alike("modules", shape.modules(plan)),
        *_alike("concepts", shape.concepts(plan)),
    ]


def _alike(kind: str, parts: Iterable[Stage | Module | Concept]) -> list[Issue]:
    issues = []
    for first, other in combinations(parts, 2):
        titles = shape.key(first["title"]), shape.key(other["title"])
        ratio = fuzz.ratio(*titles, score_cutoff=ALIKE)
        if ratio > ALIKE:
            names = f"“{first['title']}” and “{other['title']}”"
            message = f"The {kind} {names} look like the same one."
            severity: Severity = "critical" if ratio == 100 else "warning"
            issues.append(
                _issue(
                    "duplicate", severity, "coherence", other["id"], message, "Merge or rename one"
                )
            )
    return issues


def _outcomes(plan: Plan) -> list[Issue]:
    return [
        _issue(
            "outcomes",
            "warning",
            "clarity",
            concept["id"],
            f"“{concept['title']}” has no learning outcome.",
            "Add one",
        )
        for concept in shape.concepts(plan)
        if not any(outcome.strip() for outcome in concept["outcomes"])
    ]
