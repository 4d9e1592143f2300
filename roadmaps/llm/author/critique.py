"""Scores of a plan from facts that code can count; the rules have named the issues already."""

from collections.abc import Callable

from roadmaps.llm.author.words import Json, listed, number, part_of, plain

PENALTIES = {"critical": 25, "warning": 10, "suggestion": 3}


def write_critique(payload: Json) -> Json:
    concepts = concepts_of(part_of(payload, "plan"))
    issues = [issue for issue in payload.get("rule_issues") or [] if isinstance(issue, dict)]
    scores = [_score(name, fact, concepts, payload, issues) for name, fact in FACTS.items()]
    return {"scores": scores, "issues": []}


def concepts_of(plan: Json) -> list[Json]:
    """In reading order."""
    return [concept for module in modules_of(plan) for concept in module.get("concepts") or []]


def modules_of(plan: Json) -> list[Json]:
    return [module for stage in plan.get("stages") or [] for module in stage.get("modules") or []]


def _score(name: str, fact: "Fact", concepts: list[Json], payload: Json, issues: list[Json]) -> Json:
    share, reason = fact(concepts, payload)
    found = [issue for issue in issues if issue.get("dimension") == name]
    lost = sum(PENALTIES.get(str(issue.get("severity")), 0) for issue in found)
    if found:
        reason += f"; the rules found {len(found)} issue(s) here"
    return {"dimension": name, "score": max(0, min(100, round(share * 100) - lost)), "reason": f"Counted: {reason}."}


Fact = Callable[[list[Json], Json], tuple[float, str]]


def _completeness(concepts: list[Json], payload: Json) -> tuple[float, str]:
    complete = sum(bool(listed(one.get("outcomes")) and listed(one.get("keywords"))) for one in concepts)
    return complete / max(len(concepts), 1), f"{complete} of {len(concepts)} concepts have outcomes and keywords"


def _progression(concepts: list[Json], payload: Json) -> tuple[float, str]:
    linked = sum(bool(one.get("prerequisites")) for one in concepts[1:])
    share = linked / max(len(concepts) - 1, 1)
    return 0.5 + share / 2, f"{linked} of {max(len(concepts) - 1, 0)} later concepts say what they build on"


def _coherence(concepts: list[Json], payload: Json) -> tuple[float, str]:
    titles = {plain(one.get("title")).casefold() for one in concepts}
    return len(titles) / max(len(concepts), 1), f"{len(titles)} different titles for {len(concepts)} concepts"


def _clarity(concepts: list[Json], payload: Json) -> tuple[float, str]:
    clear = sum(len(plain(one.get("summary"))) >= 40 for one in concepts)
    return clear / max(len(concepts), 1), f"{clear} of {len(concepts)} summaries are more than a phrase"


def _fit(concepts: list[Json], payload: Json) -> tuple[float, str]:
    planned = sum(number(one.get("minutes"), 0) for one in concepts)
    budget = max(number(payload.get("budget_minutes"), planned), 1)
    return max(0.0, 1 - abs(planned - budget) / budget), f"{planned} minutes planned, {budget} there"


FACTS: dict[str, Fact] = {
    "completeness": _completeness,
    "progression": _progression,
    "coherence": _coherence,
    "clarity": _clarity,
    "fit": _fit,
}
