"""What the built-in author says of a goal: a plan by learning design, for any topic."""

import re
from typing import Any

from roadmaps.llm.author.design import DESIGN
from roadmaps.plan.schemas import DIMENSIONS, LEAST_MINUTES, MOST_MINUTES

Json = dict[str, Any]
TOPIC_MAX = 72
LEAD_IN = re.compile(
    r"^\s*(i\s+(want|would like|need|wish)\s+to\s+|please\s+|help me\s+)*"
    r"((learn|understand|master|study|know|get)\s+)?((enough|about|how|to|the basics of|more)\s+)*",
    re.IGNORECASE,
)
DIFFICULTY = ("beginner", "intermediate", "advanced")


def topic_of(goal: str) -> str:
    """A short phrase for the goal, without "I want to learn"."""
    words = " ".join(goal.split())
    topic = LEAD_IN.sub("", words).strip(" .!?") or words or "your goal"
    if len(topic) > TOPIC_MAX:
        topic = topic[:TOPIC_MAX].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return topic


def questions(payload: Json) -> Json:
    topic = topic_of(payload["request"]["goal"])
    return {
        "questions": [
            f"Which part matters most to you: {topic}?",
            f"What do you want to have made or done in the end: {topic}?",
            "What has kept you from it so far?",
        ]
    }


def intent(payload: Json) -> Json:
    request = payload["request"]
    topic = topic_of(request["goal"])
    time = f"{request['hours_per_week']} hours a week for {request['weeks']} weeks"
    until = f", until {request['target_date']}" if request.get("target_date") else ""
    known = request.get("background") or "nothing stated"
    constraints = [f"Time: {time}{until}.", f"Language: {request['language']}."]
    if request.get("formats"):
        constraints.append("Preferred: " + ", ".join(request["formats"])[:300])
    if request.get("motivation"):
        constraints.append(f"Motivation: {request['motivation']}"[:390])
    answers = [str(one["answer"]) for one in request.get("clarifications", [])]
    constraints += [f"The learner answered: {answer}"[:390] for answer in answers]
    return {
        "outcome": f"Reached when you do it on your own and can explain it: {topic}.",
        "key_topics": [
            topic[:60],
            *(topic_of(answer)[:60] for answer in answers),
            "foundations",
            "practice",
            "a project",
        ],
        "starting_point": f"Level {request['level']}; known already: {known}"[:390],
        "gaps": [f"An overview: {topic}", f"Practice with feedback: {topic}"],
        "constraints": constraints,
        "path_type": "foundations",
    }


def curriculum(payload: Json) -> Json:
    request = payload["request"]
    topic, budget = topic_of(request["goal"]), payload["budget_minutes"]
    per_module = _concepts_per_module(budget)
    minutes = iter(_spread(budget, sum(per_module)))
    sizes = iter(per_module)
    stages: list[Json] = []
    earlier: list[str] = []
    for number, (title, summary, modules) in enumerate(DESIGN):
        difficulty = DIFFICULTY[
            max(number - 1, 0) if request["level"] == "beginner" else min(number, 2)
        ]
        made = [
            _module(name, concepts[: next(sizes)], topic, difficulty, minutes, earlier)
            for name, concepts in modules
        ]
        stages.append(
            {
                "title": title,
                "summary": summary,
                "modules": [module for module in made if module["concepts"]],
            }
        )
    return {
        "title": f"{topic[:1].upper()}{topic[1:]}: a self-study guide",
        "summary": _summary(topic, request.get("clarifications", [])),
        "stages": stages,
    }


def _summary(topic: str, clarifications: list[Json]) -> str:
    made = f"A self-study guide made without a model: sound learning design, applied to {topic}."
    return " ".join([made, *(f"You said: {str(one['answer'])[:300]}" for one in clarifications)])[
        :1200
    ]


def size_of(budget: int) -> tuple[int, int]:
    """How many stages and concepts a plan for `budget` minutes has."""
    return len(DESIGN), sum(_concepts_per_module(budget))


def _concepts_per_module(budget: int) -> list[int]:
    """A short time gets fewer concepts, so that each still has at least half an hour."""
    sizes = [len(concepts) for _, _, modules in DESIGN for _, concepts in modules]
    least = [
        1 - index % 2 for index in range(len(sizes))
    ]  # a stage can do with its first module alone
    while sizes != least and budget / sum(sizes) < 30:
        sizes[max(range(len(sizes)), key=lambda index: sizes[index] - least[index])] -= 1
    return sizes


def _spread(budget: int, count: int) -> list[int]:
    """`count` times within the schema's bounds that sum to the budget as nearly as they can."""
    share, rest = divmod(budget, count)
    return [
        min(max(share + (1 if index < rest else 0), LEAST_MINUTES), MOST_MINUTES)
        for index in range(count)
    ]


def _module(
    name: str,
    concepts: list[tuple[str, str, str]],
    topic: str,
    difficulty: str,
    minutes: Any,
    earlier: list[str],
) -> Json:
    made = []
    for title, summary, able in concepts:
        made.append(
            {
                "title": title,
                "summary": summary,
                "minutes": next(minutes),
                "difficulty": difficulty,
                "prerequisites": earlier[-1:],
                "keywords": [topic[:60], name[:60]],
                "outcomes": [f"{able[:1].upper()}{able[1:]}."],
            }
        )
        earlier.append(title)
    return {
        "title": name,
        "summary": f"{name}: {', '.join(one[1].rstrip('.') for one in concepts)}."[:1200],
        "concepts": made,
    }


def critique(payload: Json) -> Json:
    """Scores from what can be counted; what code can't judge is left to the reviewer and said so."""
    found = payload["rule_issues"]
    scores = []
    for dimension in DIMENSIONS:
        hits = [issue for issue in found if issue["dimension"] == dimension]
        score = max(0, 80 - sum(40 if issue["severity"] == "critical" else 15 for issue in hits))
        reason = f"{len(hits)} findings by rule; made without a model, so the content itself is yours to judge."
        scores.append({"dimension": dimension, "score": score, "reason": reason})
    return {"scores": scores, "issues": []}
