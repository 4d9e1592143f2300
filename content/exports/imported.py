"""Course that comes from elsewhere: no larger in any of its parts than one that is written here."""

from typing import Annotated

from pydantic import Field, StringConstraints

from content.exports import document
from content.exports.document import Sentence
from roadmaps.plan.rules import CONCEPTS_MOST
from roadmaps.plan.schemas import MANY_LINES

TUTORIAL_MAX = 40_000  # characters
Tutorial = Annotated[str, StringConstraints(max_length=TUTORIAL_MAX), MANY_LINES]


class Question(document.Question):
    options: list[Sentence] = Field(min_length=2, max_length=6)


class Concept(document.Concept):
    tutorial: Tutorial = ""
    resources: list[document.Resource] = Field(default=[], max_length=12)
    quiz: list[Question] = Field(default=[], max_length=12)  # type: ignore[assignment]


class Module(document.Module):
    concepts: list[Concept] = Field(min_length=1, max_length=100)  # type: ignore[assignment]


class Stage(document.Stage):
    modules: list[Module] = Field(min_length=1, max_length=50)  # type: ignore[assignment]


class ImportedCourse(document.Course):
    concepts_max = CONCEPTS_MOST
    stages: list[Stage] = Field(min_length=1, max_length=30)  # type: ignore[assignment]
