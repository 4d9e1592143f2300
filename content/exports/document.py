"""Course as one document: every export is written from it, JSON holds it, an import checks it.

Its shape is public (docs/export-format.md). A change that readers of the old shape can't live with
gets a new VERSION.
"""

from collections.abc import Iterator
from datetime import date
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import langcodes
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from roadmaps.plan.schemas import MANY_LINES, ONE_LINE
from roadmaps.plan.shape import CONCEPT_FIELDS, Plan

VERSION: Literal[1] = 1
CONCEPTS_MAX = 500
# The fields of a concept that its plan has too.
PLANNED = {"id", *CONCEPT_FIELDS}


def known_language(tag: str) -> str:
    if not langcodes.tag_is_valid(tag):
        raise ValueError("give a language tag such as en, de or zh-Hans")
    return tag


Name = Annotated[str, StringConstraints(max_length=200, min_length=1), ONE_LINE]
Word = Annotated[str, StringConstraints(max_length=20), ONE_LINE]
Note = Annotated[str, StringConstraints(max_length=600), MANY_LINES]
Sentence = Annotated[str, StringConstraints(max_length=600, min_length=1), MANY_LINES]
Title = Annotated[str, StringConstraints(max_length=120, min_length=1), ONE_LINE]
Paragraph = Annotated[str, StringConstraints(max_length=4000), MANY_LINES]
Phrase = Annotated[str, StringConstraints(max_length=200), ONE_LINE]
Outcome = Annotated[str, StringConstraints(max_length=1000), ONE_LINE]
Tutorial = Annotated[str, StringConstraints(max_length=100_000), MANY_LINES]
Goal = Annotated[str, StringConstraints(max_length=2000, min_length=1), MANY_LINES]
About = Annotated[str, StringConstraints(max_length=2000), MANY_LINES]
Kind = Annotated[str, StringConstraints(max_length=40), ONE_LINE]
Person = Annotated[str, StringConstraints(max_length=300), ONE_LINE]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20}$"), ONE_LINE]
Language = Annotated[
    str, StringConstraints(max_length=35), AfterValidator(known_language), ONE_LINE
]
WebAddress = Annotated[
    str, StringConstraints(max_length=1000, pattern=r"^https?://[^\s<>\"]+$"), ONE_LINE
]
Level = Literal["beginner", "intermediate", "advanced"]


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class Resource(Part):
    title: Name
    url: WebAddress
    kind: Word = "article"
    language: Word = ""
    note: Note = ""


class Question(Part):
    text: Sentence
    options: list[Sentence] = Field(min_length=2, max_length=12)
    correct_indexes: list[int] = Field(
        min_length=1, max_length=12, description="0-based positions in options"
    )
    explanation: Note = ""

    @model_validator(mode="after")
    def check(self) -> "Question":
        if not all(0 <= index < len(self.options) for index in self.correct_indexes):
            raise ValueError("correct_indexes must be 0-based positions in options")
        return self

    @property
    def answers(self) -> list[str]:
        return [self.options[index] for index in self.correct_indexes]


class Concept(Part):
    id: Key = Field(description="Unique in the course; prerequisites name it")
    title: Title
    summary: Paragraph = ""
    minutes: int = Field(ge=1, le=6000)
    difficulty: Level
    prerequisites: list[Key] = Field(default=[], max_length=40, description="Ids of other concepts")
    keywords: list[Phrase] = Field(default=[], max_length=40)
    outcomes: list[Outcome] = Field(default=[], max_length=40)
    tutorial: Tutorial = Field(default="", description="Markdown; empty when it is not written yet")
    resources: list[Resource] = Field(default=[], max_length=50)
    quiz: list[Question] = Field(default=[], max_length=50)


class Module(Part):
    title: Title
    summary: Paragraph = ""
    concepts: list[Concept] = Field(min_length=1, max_length=100)

    def planned_concepts(self) -> list[dict[str, Any]]:
        return [concept.model_dump(include=PLANNED) for concept in self.concepts]


class Stage(Part):
    title: Title
    summary: Paragraph = ""
    modules: list[Module] = Field(min_length=1, max_length=50)


class Request(Part):
    goal: Goal
    level: Level = "beginner"
    hours_per_week: int = Field(default=5, ge=1, le=80)
    weeks: int = Field(default=8, ge=1, le=104)
    target_date: date | None = None
    language: Language = "en"
    background: About = ""
    motivation: About = ""
    formats: list[Kind] = Field(default=[], max_length=20)


class Checked(Part):
    """Who approved the plan. For readers: an import does not believe it."""

    by: Person
    person: bool = Field(description="False when the system or a command approved it")
    on: date


class Course(Part):
    """A course: stages of modules of concepts, in reading order."""

    format: Literal["cairn-course"] = "cairn-course"
    version: Literal[1] = VERSION
    id: UUID | None = Field(
        default=None, description="Of the roadmap that was exported; an import makes a new one"
    )
    title: Name
    request: Request
    made_without_model: bool = False
    checked: Checked | None = None
    stages: list[Stage] = Field(min_length=1, max_length=30)
    concepts_max: ClassVar[int] = CONCEPTS_MAX

    @model_validator(mode="after")
    def check(self) -> "Course":
        needs = {concept.id: concept.prerequisites for concept in self.concepts()}
        count = sum(1 for _ in self.concepts())
        if count > self.concepts_max:
            most = self.concepts_max
            raise ValueError(f"a course has at most {most} concepts, this one {count}")
        if len(needs) < count:
            raise ValueError("every concept needs an id of its own")
        if unknown := set(chain.from_iterable(needs.values())) - set(needs):
            raise ValueError(
                f"no concept has the id {min(unknown)}, which is named as a prerequisite"
            )
        return self

    @property
    def language(self) -> str:
        return self.request.language

    @property
    def minutes(self) -> int:
        return sum(concept.minutes for concept in self.concepts())

    def concepts(self) -> Iterator[Concept]:
        """In reading order."""
        for _, _, concept in self.places():
            yield concept

    def places(self) -> Iterator[tuple[Stage, Module, Concept]]:
        for stage in self.stages:
            for module in stage.modules:
                for concept in module.concepts:
                    yield stage, module, concept

    def titles(self) -> dict[str, str]:
        return {concept.id: concept.title for concept in self.concepts()}

    def check_order(self) -> None:
        """Raises ValueError when concepts need each other in a circle."""
        try:
            needs = {concept.id: concept.prerequisites for concept in self.concepts()}
            TopologicalSorter(needs).prepare()
        except CycleError as exc:
            raise ValueError(
                f"these concepts need each other in a circle: {', '.join(exc.args[1])}"
            ) from exc

    def without_person(self) -> "Course":
        """The same course, without what its owner said of themselves and without who checked it."""
        request = Request(
            goal=self.title,
            **self.request.model_dump(include={"level", "hours_per_week", "weeks", "language"}),
        )
        return self.model_copy(update={"request": request, "checked": None, "id": None})

    def as_plan(self) -> Plan:
        """The same stages, modules and concepts as a plan, without content."""
        stages: list[Any] = []
        for number, stage in enumerate(self.stages, 1):
            modules = [
                {
                    "id": f"m{number}-{module_number}",
                    "title": module.title,
                    "summary": module.summary,
                    "concepts": module.planned_concepts(),
                }
                for module_number, module in enumerate(stage.modules, 1)
            ]
            summary = {"id": f"s{number}", "title": stage.title, "summary": stage.summary}
            stages.append(summary | {"modules": modules})
        return {"title": self.title, "summary": "", "next_id": 1, "stages": stages}
