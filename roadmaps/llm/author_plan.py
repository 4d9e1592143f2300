"""What the built-in author says of a goal: a plan by learning design, for any topic."""

import re
from typing import Any

from roadmaps.workflow import plans
from roadmaps.workflow.schemas import DIMENSIONS

Json = dict[str, Any]
TOPIC_MAX = 72
LEAD_IN = re.compile(
    r"^\s*(i\s+(want|would like|need|wish)\s+to\s+|please\s+|help me\s+)*"
    r"((learn|understand|master|study|know|get)\s+)?((enough|about|how|to|the basics of|more)\s+)*",
    re.IGNORECASE,
)
ASKED = re.compile(
    r"^\s*(please\s+)?((add|include|cover|mention)\s+)?((something|more|a concept|a part)\s+)?((about|on)\s+)?",
    re.IGNORECASE,
)
DIFFICULTY = ("beginner", "intermediate", "advanced")

# Stage, its module, and the concepts in it: what to do with any topic, in the order in which people come to know it.
DESIGN: list[tuple[str, str, list[tuple[str, list[tuple[str, str, str]]]]]] = [
    (
        "Orientate",
        "See the whole of the field, and where you stand in it.",
        [
            (
                "The field from above",
                [
                    (
                        "The map of the field",
                        "Which parts the field has and how they hang together.",
                        "draw a map of it",
                    ),
                    (
                        "Ten words that matter",
                        "The terms that everything else is said in.",
                        "explain its ten main terms",
                    ),
                    (
                        "People and works to know",
                        "Who shaped it, and which works newcomers rely on.",
                        "name three works",
                    ),
                ],
            ),
            (
                "Your way in",
                [
                    ("Where you stand", "What you can do already, found out by trying.", "list your gaps"),
                    (
                        "A place and a rhythm",
                        "Tools, place and times that you will keep.",
                        "keep a weekly plan",
                    ),
                ],
            ),
        ],
    ),
    (
        "Build the foundations",
        "The few ideas and moves that carry everything else.",
        [
            (
                "Ideas that carry",
                [
                    (
                        "First principles",
                        "The ideas from which the rest follows.",
                        "derive a rule from them",
                    ),
                    (
                        "How it works, step by step",
                        "One complete case, followed to its end.",
                        "retell a whole case",
                    ),
                    (
                        "A first complete example",
                        "Something small, done from start to end.",
                        "do a small piece",
                    ),
                ],
            ),
            (
                "Moves to practise",
                [
                    ("Basic techniques", "The moves that come up again and again.", "do them without notes"),
                    (
                        "Usual mistakes",
                        "What goes wrong for newcomers, and its signs.",
                        "spot and mend mistakes",
                    ),
                    ("Judging quality", "What good work looks like, and why.", "judge work by criteria"),
                ],
            ),
        ],
    ),
    (
        "Practise on real work",
        "Use what you know where it counts, with feedback.",
        [
            (
                "Guided practice",
                [
                    ("Working after a model", "Rebuild a good example and compare.", "rebuild an example"),
                    ("Variations", "Change one thing at a time and watch what follows.", "predict a change"),
                    (
                        "Harder cases",
                        "Cases in which the simple rules are not enough.",
                        "handle a hard case",
                    ),
                ],
            ),
            (
                "A project of your own",
                [
                    ("Planning your project", "A project small enough to end.", "write a one-page plan"),
                    ("Carrying the project out", "Carry it out, and note what you decided.", "finish a project"),
                    ("Feedback from two people", "Ask two people, and revise.", "revise after feedback"),
                ],
            ),
        ],
    ),
    (
        "Consolidate and show",
        "Make it last, and let others see it.",
        [
            (
                "Make it last",
                [
                    (
                        "Recall without notes",
                        "Retrieve, at growing distances, what you learned.",
                        "recall it all",
                    ),
                    (
                        "Teaching it to somebody",
                        "Explain it to a newcomer; gaps show at once.",
                        "teach a newcomer",
                    ),
                ],
            ),
            (
                "Show it, and go on",
                [
                    (
                        "Presenting what you can do",
                        "A piece of work that others can judge.",
                        "present your work",
                    ),
                    (
                        "Your next steps",
                        "What to learn next, and how to keep in touch.",
                        "plan what follows",
                    ),
                ],
            ),
        ],
    ),
]


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
        difficulty = DIFFICULTY[max(number - 1, 0) if request["level"] == "beginner" else min(number, 2)]
        made = [
            _module(name, concepts[: next(sizes)], topic, difficulty, minutes, earlier) for name, concepts in modules
        ]
        stages.append(
            {"title": title, "summary": summary, "modules": [module for module in made if module["concepts"]]}
        )
    return {
        "title": f"{topic[:1].upper()}{topic[1:]}: a self-study guide",
        "summary": _summary(topic, request.get("clarifications", [])),
        "stages": stages,
    }


def _summary(topic: str, clarifications: list[Json]) -> str:
    made = f"A self-study guide made without a model: sound learning design, applied to {topic}."
    return " ".join([made, *(f"You said: {str(one['answer'])[:300]}" for one in clarifications)])[:1200]


def size_of(budget: int) -> tuple[int, int]:
    """How many stages and concepts a plan for `budget` minutes has."""
    return len(DESIGN), sum(_concepts_per_module(budget))


def _concepts_per_module(budget: int) -> list[int]:
    """A short time gets fewer concepts, so that each still has at least half an hour."""
    sizes = [len(concepts) for _, _, modules in DESIGN for _, concepts in modules]
    least = [1 - index % 2 for index in range(len(sizes))]  # a stage can do with its first module alone
    while sizes != least and budget / sum(sizes) < 30:
        sizes[max(range(len(sizes)), key=lambda index: sizes[index] - least[index])] -= 1
    return sizes


def _spread(budget: int, count: int) -> list[int]:
    """`count` times within the schema's bounds that sum to the budget as nearly as they can."""
    share, rest = divmod(budget, count)
    return [min(max(share + (1 if index < rest else 0), 10), 1200) for index in range(count)]


def _module(
    name: str, concepts: list[tuple[str, str, str]], topic: str, difficulty: str, minutes: Any, earlier: list[str]
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
                "outcomes": [f"You can {able}."],
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


def edit(payload: Json) -> Json:
    plan, comment = payload["plan"], payload.get("comment", "").strip()
    operations = _answer_comment(plan, comment, payload.get("parts", [])) if comment else []
    if any(issue.get("code") == "budget" for issue in payload["issues"]):
        operations += _fit_budget(plan, payload["budget_minutes"])
    if not operations:
        operations = [_take_up(_located(plan, payload["issues"]), _first_message(payload["issues"]))]
    return {"operations": operations[:30], "summary": "Changed what was asked, and nothing else."}


def _answer_comment(plan: Json, comment: str, parts: list[Json]) -> list[Json]:
    """To the parts that the reviewer points at, else to what the comment names, else as something new."""
    pointed = [found[0] for part in parts if (found := plans.find(plan, part["id"]))]
    named = [one for one in plans.concepts(plan) if one["title"].casefold() in comment.casefold()]
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
        "outcomes": ["You can answer what the reviewer asked for."],
        "reason": f"The reviewer's comment: {comment}"[:390],
    }
    return [operation]


def _take_up(concept: Json, words: str) -> Json:
    summary = f"{concept['summary']} Taken up from review: {words}"[:1200]
    if summary == concept["summary"]:
        summary = f"Taken up from review: {words}"[:1200]
    return {"op": "modify", "target": concept["id"], "summary": summary, "reason": f"It answers: {words}"[:390]}


def _fit_budget(plan: Json, budget: int) -> list[Json]:
    factor = budget / max(plans.minutes(plan), 1)
    changed = []
    for concept in plans.concepts(plan):
        minutes = min(max(round(concept["minutes"] * factor), 10), 1200)
        if minutes != concept["minutes"]:
            reason = "It fits the plan into the learner's time."
            changed.append({"op": "modify", "target": concept["id"], "minutes": minutes, "reason": reason})
    return changed


def _located(plan: Json, issues: list[Json]) -> Json:
    located = {issue["location"] for issue in issues}
    concepts = list(plans.concepts(plan))
    return next((concept for concept in concepts if concept["id"] in located), concepts[0])


def _first_message(issues: list[Json]) -> str:
    return issues[0]["message"] if issues else "an edit that was asked for"
