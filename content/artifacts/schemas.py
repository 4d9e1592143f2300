"""Schemas of the models' answers about one concept, bounded like the workflow's."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from roadmaps.plan.schemas import MANY_LINES, ONE_LINE

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600), MANY_LINES
]


class Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")


class TutorialAnswer(Answer):
    title: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=2, max_length=160), ONE_LINE
    ]
    summary: Text
    markdown: Annotated[str, StringConstraints(min_length=80, max_length=40_000), MANY_LINES]


class ResourceAnswer(Answer):
    title: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200), ONE_LINE
    ]
    url: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^https?://[^\s<>\"]+$"),
        ONE_LINE,
    ]
    kind: Literal["article", "book", "course", "documentation", "exercise", "search", "video"]
    language: Annotated[str, ONE_LINE] = Field(max_length=20, description="BCP 47")
    note: Text


class ResourcesAnswer(Answer):
    resources: list[ResourceAnswer] = Field(min_length=1, max_length=12)


class QuestionAnswer(Answer):
    text: Text
    options: list[Text] = Field(min_length=2, max_length=6)
    correct_indexes: list[int] = Field(min_length=1, max_length=6)
    explanation: Text

    @model_validator(mode="after")
    def check(self) -> "QuestionAnswer":
        if len({option.casefold() for option in self.options}) < len(self.options):
            raise ValueError("options must differ from each other")
        if not all(0 <= index < len(self.options) for index in self.correct_indexes):
            raise ValueError("correct_indexes must be 0-based positions in options")
        if len(set(self.correct_indexes)) < len(self.correct_indexes):
            raise ValueError("correct_indexes must not repeat")
        return self


class QuizAnswer(Answer):
    questions: list[QuestionAnswer] = Field(min_length=1, max_length=12)

    @model_validator(mode="after")
    def check(self) -> "QuizAnswer":
        if len({question.text.casefold() for question in self.questions}) < len(self.questions):
            raise ValueError("questions must differ from each other")
        return self
