"""Edits of a plan by the built-in author, for a reviewer's comment and the rules' issues."""

import re
from collections.abc import Set
from typing import Any

from roadmaps.llm.author.plan import topic_of
from roadmaps.plan import pinned_minutes, shape
from roadmaps.plan.schemas import LEAST_MINUTES, MOST_MINUTES
from roadmaps.plan.shape import Plan

Json = dict[str, Any]
ASKED = re.compile(
    r"^\s*(please\s+)?((add|include|cover|mention)\s+)?((something|more|a concept|a part)\s+)?"
    r"((about|on)\s+)?",
    re.IGNORECASE,
)


def edit(payload: Json) -> Json:
    plan, issues = payload["plan"], payload["issues"]
    comment, parts = payload.get("comment", "").strip(), payload.get("parts", [])
    operations: list[Json] = []
    if comment:
        operations = _answer_comment(plan, comment, parts)
    if any(issue.get("code") == "budget" for issue in issues):
        pinned = pinned_minutes.kept(plan, comment, [part["id"] for part in parts])
        operations += _fit_budget(plan, payload["budget_minutes"], pinned)
    if not operations:
        locations = {issue["location"] for issue in issues}
        concepts = list(shape.concepts(plan))
        at_issue = [concept for concept in concepts if concept["id"] in locations]
        messages = [issue["message"] for issue in issues]
        request = next(iter(messages), "an edit that was asked for")
        operations = [_take_up((at_issue or concepts)[0], request)]
    return {"operations": operations[:30], "summary": "Changed what was asked, and nothing else."}


def _answer_comment(plan: Plan, comment: str, parts: list[Json]) -> list[Json]:
    """Operations for a reviewer's comment.

    They change the parts that the reviewer points at, else the concept that the comment names, or
    else they add a concept.
    """
    matches = [shape.find(plan, part["id"]) for part in parts]
    pointed = [match[0] for match in matches if match]
    named = [
        concept
        for concept in shape.concepts(plan)
        if concept["title"].casefold() in comment.casefold()
    ]
    if pointed or named:
        return [_take_up(concept, comment) for concept in pointed or named[:1]]

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


def _take_up(concept: Any, request: str) -> Json:
    """The operation that adds a reviewer's request to the summary of a concept."""
    summary = f"{concept['summary']} Taken up from review: {request}"[:1200]
    if summary == concept["summary"]:
        summary = f"Taken up from review: {request}"[:1200]
    return {
        "op": "modify",
        "target": concept["id"],
        "summary": summary,
        "reason": f"It answers: {request}"[:390],
    }


def _fit_budget(plan: Plan, budget: int, pinned: Set[str]) -> list[Json]:
    """Operations that scale minutes by one factor, so that the plan fits the budget.

    The concepts in `pinned` keep theirs, and the others make room for them.
    """
    free = [concept for concept in shape.concepts(plan) if concept["id"] not in pinned]
    free_minutes = sum(concept["minutes"] for concept in free)
    factor = (budget - shape.minutes(plan) + free_minutes) / max(free_minutes, 1)
    reason = "It fits the plan into the learner's time."
    operations = []
    for concept in free:
        minutes = min(max(round(concept["minutes"] * factor), LEAST_MINUTES), MOST_MINUTES)
        if minutes != concept["minutes"]:
            operations.append(
                {"op": "modify", "target": concept["id"], "minutes": minutes, "reason": reason}
            )
    return operations
