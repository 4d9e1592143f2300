"""Plans by the built-in author: questions, intent, curriculum and critique for any topic."""

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
    text = " ".join(goal.split())
    topic = LEAD_IN.sub("", text).strip(" .!?") or text or "your goal"
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
    if request.get("target_date"):
        time += f", until {request['target_date']}"
    background = request.get("background") or "nothing stated"
    constraints = [f"Time: {time}.", f"Language: {request['language']}."]
    if request.get("formats"):
        constraints.append("Preferred: " + ", ".join(request["formats"])[:300])
    if request.get("motivation"):
        constraints.append(f"Motivation: {request['motivation']}"[:390])
    answers = [str(each["answer"]) for each in request.get("clarifications", [])]
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
        "starting_point": f"Level {request['level']}; known already: {background}"[:390],
        "gaps": [f"An overview: {topic}", f"Practice with feedback: {topic}"],
        "constraints": constraints,
        "path_type": "foundations",
    }


def curriculum(payload: Json) -> Json:
    request = payload["request"]
    topic, budget = topic_of(request["goal"]), payload["budget_minutes"]
    per_module = _concepts_per_module(budget)
    sizes = iter(per_module)
    # Times within the schema's bounds, which sum to the budget as nearly as they can.
    least, rest = divmod(budget, sum(per_module))
    minutes = (
        min(max(least + (number < rest), LEAST_MINUTES), MOST_MINUTES)
        for number in range(sum(per_module))
    )

    stages: list[Json] = []
    previous: list[str] = []  # the title of the concept before, if there is one
    for number, (title, summary, designs) in enumerate(DESIGN):
        level = max(number - 1, 0) if request["level"] == "beginner" else min(number, 2)
        modules: list[Json] = []
        for module_title, all_concepts in designs:
            concepts: list[Json] = []
            for concept_title, concept_summary, outcome in all_concepts[: next(sizes)]:
                concepts.append(
                    {
                        "title": concept_title,
                        "summary": concept_summary,
                        "minutes": next(minutes),
                        "difficulty": DIFFICULTY[level],
                        "prerequisites": previous,
                        "keywords": [topic[:60], module_title[:60]],
                        "outcomes": [f"{outcome[:1].upper()}{outcome[1:]}."],
                    }
                )
                previous = [concept_title]
            if concepts:
                summaries = ", ".join(concept["summary"].rstrip(".") for concept in concepts)
                modules.append(
                    {
                        "title": module_title,
                        "summary": f"{module_title}: {summaries}."[:1200],
                        "concepts": concepts,
                    }
                )
        stages.append({"title": title, "summary": summary, "modules": modules})

    sentences = [
        f"A self-study guide made without a model: sound learning design, applied to {topic}."
    ]
    for clarification in request.get("clarifications", []):
        sentences.append(f"You said: {str(clarification['answer'])[:300]}")
    return {
        "title": f"{topic[:1].upper()}{topic[1:]}: a self-study guide",
        "summary": " ".join(sentences)[:1200],
        "stages": stages,
    }


def size_of(budget: int) -> tuple[int, int]:
    """The numbers of stages and concepts in a plan for `budget` minutes."""
    return len(DESIGN), sum(_concepts_per_module(budget))


def _concepts_per_module(budget: int) -> list[int]:
    """The number of concepts in each module, fewer for a short time.

    Each concept has at least half an hour, as far as that goes.
    """
    sizes = [len(concepts) for _, _, modules in DESIGN for _, concepts in modules]
    # A stage can do with its first module alone.
    least = [1 - index % 2 for index in range(len(sizes))]
    while sizes != least and budget / sum(sizes) < 30:
        sizes[max(range(len(sizes)), key=lambda index: sizes[index] - least[index])] -= 1
    return sizes


def critique(payload: Json) -> Json:
    """Scores from the rules' issues; the content itself is left to the reviewer."""
    scores = []
    for dimension in DIMENSIONS:
        issues = [issue for issue in payload["rule_issues"] if issue["dimension"] == dimension]
        critical = sum(issue["severity"] == "critical" for issue in issues)
        deduction = 40 * critical + 15 * (len(issues) - critical)
        reason = (
            f"{len(issues)} findings by rule; made without a model, "
            "so the content itself is yours to judge."
        )
        scores.append({"dimension": dimension, "score": max(0, 80 - deduction), "reason": reason})
    return {"scores": scores, "issues": []}
