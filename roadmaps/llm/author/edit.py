"""How the built-in author changes a plan: by what a reviewer asked for, and by what rules found."""

import re
from collections.abc import Set
from typing import Any

from roadmaps.llm.author.plan import topic_of
from roadmaps.plan import pinned_minutes, shape
from roadmaps.plan.schemas import LEAST_MINUTES, MOST_MINUTES

Json = dict[str, Any]
ASKED = re.compile(
    r"^\s*(please\s+)?((add|include|cover|mention)\s+)?((something|more|a concept|a part)\s+)?((about|on)\s+)?",
    re.IGNORECASE,
)


def edit(payload: Json) -> Json:
    plan, comment = payload["plan"], payload.get("comment", "").strip()
    operations = _answer_comment(plan, comment, payload.get("parts", [])) if comment else []
    if any(issue.get("code") == "budget" for issue in payload["issues"]):
        kept = pinned_minutes.kept(plan, comment, [part["id"] for part in payload.get("parts", [])])
        operations += _fit_budget(plan, payload["budget_minutes"], kept)
    if not operations:
        operations = [
            _take_up(_located(plan, payload["issues"]), _first_message(payload["issues"]))
        ]
    return {"operations": operations[:30], "summary": "Changed what was asked, and nothing else."}


def _answer_comment(plan: Json, comment: str, parts: list[Json]) -> list[Json]:
    """To the parts that the reviewer points at, else to what the comment names, else as something
    new.
    """
    pointed = [found[0] for part in parts if (found := shape.find(plan, part["id"]))]
    named = [one for one in shape.concepts(plan) if one["title"].casefold() in comment.casefold()]
    if pointed or named:
        return [_take_up(one, comment) for one in pointed or named[:1]]
    title = topic_of(ASKED.sub("", comment))
    title = f"{title[:1].upper()}{title[1:]}"
    module = plan["stages"][0]["modules"][-1]
    operation = {
        "op": "add",
        "target": module["id"],
        "title": title if len(title) > 1 else "What the reviewer asked for",
        "summary": f"Asked for in review: {comment}"[:1100],
        "minutes": 30,
        "difficulty": "beginner",
        "prerequisites": [],
        "keywords": ["review"],
        "outcomes": ["Answer what the reviewer asked for."],
        "reason": f"The reviewer's comment: {comment}"[:390],
    }
    return [operation]


def _take_up(concept: Json, words: str) -> Json:
    summary = f"{concept['summary']} Taken up from review: {words}"[:1200]
    if summary == concept["summary"]:
        summary = f"Taken up from review: {words}"[:1200]
    return {
        "op": "modify",
        "target": concept["id"],
        "summary": summary,
        "reason": f"It answers: {words}"[:390],
    }


def _fit_budget(plan: Json, budget: int, kept: Set[str]) -> list[Json]:
    """Each concept's minutes by the same factor, but for those of `kept`, which the others make
    room for.
    """
    free = [concept for concept in shape.concepts(plan) if concept["id"] not in kept]
    rest = sum(concept["minutes"] for concept in free)
    factor = (budget - shape.minutes(plan) + rest) / max(rest, 1)
    changed = []
    for concept in free:
        minutes = min(max(round(concept["minutes"] * factor), LEAST_MINUTES), MOST_MINUTES)
        if minutes != concept["minutes"]:
            reason = "It fits the plan into the learner's time."
            changed.append(
                {"op": "modify", "target": concept["id"], "minutes": minutes, "reason": reason}
            )
    return changed


def _located(plan: Json, issues: list[Json]) -> Json:
    located = {issue["location"] for issue in issues}
    concepts = list(shape.concepts(plan))
    return next((concept for concept in concepts if concept["id"] in located), concepts[0])


def _first_message(issues: list[Json]) -> str:
    return issues[0]["message"] if issues else "an edit that was asked for"
