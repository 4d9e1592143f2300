"""Schemas of models' answers in the workflow.

Every list and string is bounded: small models otherwise fill them with nothing, or without end.
"""

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from roadmaps.plain_text import many_lines, one_line


def _of_text(clean: Callable[[str], str]) -> BeforeValidator:
    return BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value)


# Every text field of a schema is one or the other.
ONE_LINE = _of_text(one_line)
MANY_LINES = _of_text(many_lines)
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120), ONE_LINE
]
Sentence = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=400), ONE_LINE
]
Paragraph = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1200), MANY_LINES
]
Id = Annotated[str, ONE_LINE]
Keyword = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), ONE_LINE
]
Difficulty = Literal["beginner", "intermediate", "advanced"]
LEAST_MINUTES, MOST_MINUTES = 10, 1200  # of a concept
Minutes = Annotated[int, Field(ge=LEAST_MINUTES, le=MOST_MINUTES)]


class Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Intent(Answer):
    """The learner's goal made precise."""

    outcome: Sentence
    key_topics: list[Keyword] = Field(min_length=1, max_length=12)
    starting_point: Sentence
    gaps: list[Sentence] = Field(min_length=1, max_length=8)
    constraints: list[Sentence] = Field(min_length=1, max_length=8)
    path_type: Literal["foundations", "project", "career", "exam", "hobby"]


class Questions(Answer):
    """What to ask the learner before the plan is designed."""

    questions: list[Sentence] = Field(min_length=2, max_length=3)


class ConceptPlan(Answer):
    title: Title
    summary: Paragraph
    minutes: Minutes
    difficulty: Difficulty
    prerequisites: list[Title] = Field(
        min_length=0, max_length=5, description="Exact titles of earlier concepts of this roadmap"
    )
    keywords: list[Keyword] = Field(min_length=1, max_length=8)
    outcomes: list[Sentence] = Field(min_length=1, max_length=5)


class ModulePlan(Answer):
    title: Title
    summary: Paragraph
    concepts: list[ConceptPlan] = Field(min_length=1, max_length=8)


class StagePlan(Answer):
    title: Title
    summary: Paragraph
    modules: list[ModulePlan] = Field(min_length=1, max_length=5)


class Curriculum(Answer):
    """The whole plan, in reading order."""

    title: Title
    summary: Paragraph
    stages: list[StagePlan] = Field(min_length=2, max_length=6)


Dimension = Literal["completeness", "progression", "coherence", "clarity", "fit"]
DIMENSIONS: tuple[Dimension, ...] = ("completeness", "progression", "coherence", "clarity", "fit")


class Score(Answer):
    dimension: Dimension
    score: int = Field(ge=0, le=100)
    reason: Sentence


class Issue(Answer):
    severity: Literal["critical", "warning", "suggestion"]
    dimension: Dimension
    location: Id = Field(max_length=20, description="Id of a part, empty for the whole plan")
    message: Sentence
    suggestion: Sentence


class Critique(Answer):
    scores: list[Score] = Field(min_length=5, max_length=5, description="One for each dimension")
    issues: list[Issue] = Field(min_length=0, max_length=12)

    @model_validator(mode="after")
    def _score_each_dimension_once(self) -> Self:
        if {score.dimension for score in self.scores} != set(DIMENSIONS):
            raise ValueError(f"scores: exactly one for each of {', '.join(DIMENSIONS)}")
        return self


class Operation(Answer):
    """One change of the plan; which fields count depends on `op`.

    add: a concept into module `target`, at `position`; all concept fields. remove: `target`.
    modify: `target` with the fields that are not null. move: `target` into `into` at `position`.
    merge: `target` into concept `into`. split: concept `target` into itself and a new one with the
    given `title`, `summary` and half of the minutes.
    """

    op: Literal["add", "remove", "modify", "move", "merge", "split"]
    target: Id = Field(min_length=1, max_length=20, description="Id of a stage, module or concept")
    into: Id | None = Field(default=None, max_length=20)
    position: int | None = Field(default=None, ge=0, le=40)
    title: Title | None = None
    summary: Paragraph | None = None
    minutes: Minutes | None = None
    difficulty: Difficulty | None = None
    prerequisites: list[Id] | None = Field(
        default=None, max_length=5, description="Ids of earlier concepts"
    )
    keywords: list[Keyword] | None = Field(default=None, max_length=8)
    outcomes: list[Sentence] | None = Field(default=None, max_length=5)
    reason: Sentence


class Edit(Answer):
    """Operations that answer the issues or the reviewer."""

    operations: list[Operation] = Field(min_length=1, max_length=30)
    summary: Sentence
