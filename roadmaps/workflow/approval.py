"""Score by which a plan may be approved without a person.

A learner can write into the goal, or into any other text, what score the plan should get, and a
model may believe it. So the critic that decides sees none of these words: of the request and the
intent only what is chosen or counted, and in the plan none that stand so in the learner's texts.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from roadmaps.plan import shape
from roadmaps.plan.schemas import Critique, Difficulty, Intent
from roadmaps.plan.shape import Issue, Plan
from roadmaps.workflow.state import Json, State

CRITICAL_COSTS, WARNING_COSTS = 100, 15  # of the 100 points that the rules leave
LEFT_OUT = "…"
# Thai, Lao, Burmese, Khmer, Japanese and Chinese, which put no spaces: each letter is a word.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
WORD = re.compile(f"[{UNSPACED}]|[^\\W_{UNSPACED}]+")
UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")
WORDS_ALIKE, LETTERS_ALIKE = 3, 4  # in a row, that stand in a text of the learner too
# A tag may go on with whatever its writer likes (en-x-…).
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-[0-9]{3})?(?![A-Za-z0-9])")


class Facts(BaseModel):
    """What of a request is chosen or counted; its other fields are the learner's own words."""

    model_config = ConfigDict(extra="ignore")

    level: Difficulty
    hours_per_week: int = Field(ge=1, le=168)
    weeks: int = Field(ge=1, le=1000)
    target_date: date | None = None
    language: str
    formats: list[Literal["text", "video", "hands-on", "books", "exercises"]]


def most_score(rule_issues: list[Issue]) -> int:
    """The most that the rules leave of 100 points; 0 when something is critical."""
    costs = {"critical": CRITICAL_COSTS, "warning": WARNING_COSTS, "suggestion": 0}
    return max(0, 100 - sum(costs[issue["severity"]] for issue in rule_issues))


def score_of(critique: Critique, most: int) -> int:
    """The score that decides, `most` at most."""
    if any(issue.severity == "critical" for issue in critique.issues):
        return 0
    mean = round(sum(score.score for score in critique.scores) / len(critique.scores))
    return min(mean, most)


def payload(state: State, rule_issues: list[Issue]) -> Json:
    """What the deciding critic sees."""
    request = state["request"]
    return {
        "facts": _facts(request),
        "path_type": _path_type(state["intent"]),
        "budget_minutes": state["budget_minutes"],
        "rule_issues": [
            {name: issue[name] for name in ("code", "severity", "dimension", "location")}
            for issue in rule_issues
        ],
        "plan": _plan(state["plan"], _phrases(request, state.get("comment", ""))),
    }


def _facts(request: Json) -> Json:
    tag = LANGUAGE.match(str(request.get("language", "")))
    try:
        facts = Facts.model_validate(request | {"language": tag.group() if tag else ""})
    except ValidationError:
        return {}  # of a request that no form has checked
    return facts.model_dump(mode="json")


def _path_type(intent: Json) -> str:
    """One of the few that there are, or nothing: a course from elsewhere has no intent."""
    known = Intent.model_json_schema()["properties"]["path_type"]["enum"]
    value: str = intent.get("path_type", "")
    return value if value in known else ""


def _phrases(request: Json, comment: str) -> set[tuple[str, ...]]:
    """Words in a row of all that the learner, or who asked for changes, wrote."""
    own = {name: value for name, value in request.items() if name not in Facts.model_fields}
    own["language"] = request.get("language", "")
    found: set[tuple[str, ...]] = set()
    for text in (*_texts(own), comment):
        words = WORD.findall(_plain(text).casefold())
        found.update(tuple(words[start:end]) for start, end in _runs(words))
    return found


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _plan(plan: Plan, phrases: set[tuple[str, ...]]) -> Json:
    """The plan's fields as they are known, its texts without the learner's phrases."""

    def texts(part: Any, names: tuple[str, ...]) -> Json:
        return {name: without_phrases(part[name], phrases) for name in names}

    def concept(part: Any) -> Json:
        lists = {
            name: [without_phrases(text, phrases) for text in part[name]]
            for name in ("keywords", "outcomes")
        }
        counted = {name: part[name] for name in ("minutes", "difficulty", "prerequisites")}
        return {"id": part["id"], **texts(part, shape.PART_FIELDS), **counted, **lists}

    def whole(part: Any, name: str, inside: list[Json]) -> Json:
        return {"id": part["id"], **texts(part, shape.PART_FIELDS), name: inside}

    stages = [
        whole(
            stage,
            "modules",
            [
                whole(module, "concepts", [concept(part) for part in module["concepts"]])
                for module in stage["modules"]
            ],
        )
        for stage in plan["stages"]
    ]
    return {**texts(plan, shape.PART_FIELDS), "stages": stages}


def without_phrases(text: str, phrases: set[tuple[str, ...]]) -> str:
    """The text with … for each run of words that is one of the phrases, whatever their case."""
    text = _plain(text)
    places = [match.span() for match in WORD.finditer(text)]
    words = [text[start:end].casefold() for start, end in places]
    own: set[int] = set()
    for start, end in _runs(words):
        if tuple(words[start:end]) in phrases:
            own.update(range(start, end))

    kept, position, was_own = [], 0, False
    for number, (start, end) in enumerate(places):
        if number not in own:
            was_own = False
            continue
        if not was_own:
            kept += [text[position:start], LEFT_OUT]
        position, was_own = end, True
    return "".join([*kept, text[position:]])


def _plain(text: str) -> str:
    """The text in one way of writing it, without what isn't seen."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in normal if unicodedata.category(letter) != "Cf")


def _runs(words: list[str]) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of words that is long enough to mean something."""
    for start in range(len(words)):
        end = start + WORDS_ALIKE
        if all(map(UNSPACED_LETTER.fullmatch, words[start:end])):
            end = start + LETTERS_ALIKE
        if end <= len(words):
            yield start, end
