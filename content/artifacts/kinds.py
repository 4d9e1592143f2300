"""Table of the artifact kinds: what a course has for each concept.

Everything that goes over the kinds follows from KINDS. What can't, such as a template, is checked
for every kind by tests/content/test_kinds.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F

from content.models import (
    Artifact,
    ArtifactStatus,
    Question,
    Quiz,
    Resource,
    ResourceList,
    Tutorial,
)
from content.signals import quiz_written
from roadmaps.models import Roadmap
from roadmaps.sentences import Sentence

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True)
class Kind:
    """`name` is also its role of a model, its prompt's file and its place in an address."""

    name: str
    model: Any  # a subclass of Artifact
    relation: str  # from a concept
    answer: str  # its schema in content.artifacts.schemas
    label: Sentence
    plural: str  # title of a list of them, for the staff
    icon: str  # of that list
    usual_seconds: int  # of one model call, until there are recent ones
    usual_tokens: tuple[int, int]  # in and out, likewise
    task: str  # writes one of them anew
    fill: Callable[[Any, Any], None]  # an artifact with an answer
    text: str = ""  # its field of Markdown, beside a title and a summary
    items: str = ""  # without a text: the relation to its numbered rows

    @property
    def long_fields(self) -> list[str]:
        """Fields that a list needn't read."""
        return [self.text, "html", "headings"] if self.text else []

    def has_content(self, artifact: Any) -> bool:
        if self.text:
            return bool(getattr(artifact, self.text))
        has_items: bool = getattr(artifact, self.items).exists()
        return has_items

    @property
    def schema(self) -> "type[BaseModel]":
        """Imported by who asks a model: no other process needs pydantic."""
        from content.artifacts import schemas

        schema: type[BaseModel] = getattr(schemas, self.answer)
        return schema

    @property
    def admin_list(self) -> str:
        """Name of the address of the admin's list of them."""
        return f"admin:content_{self.model._meta.model_name}_changelist"

    @property
    def preview(self) -> str:
        """Template of an `artifact` as the admin shows it."""
        return f"admin/content/_{self.name}.html"

    @property
    def change_permission(self) -> str:
        """The admin's permission to have artifacts of this kind rewritten."""
        return f"content.change_{self.model._meta.model_name}"

    @property
    def view_permission(self) -> str:
        return f"content.view_{self.model._meta.model_name}"


def fill_tutorial(tutorial: Tutorial, answer: Any) -> None:
    tutorial.title = answer.title
    tutorial.summary = answer.summary
    tutorial.markdown = answer.markdown


def fill_resources(resource_list: ResourceList, answer: Any) -> None:
    resource_list.resources.all().delete()
    Resource.objects.bulk_create(
        Resource(resource_list=resource_list, order=order, **resource.model_dump())
        for order, resource in enumerate(answer.resources, start=1)
    )


def fill_quiz(quiz: Quiz, answer: Any) -> None:
    quiz.questions.all().delete()
    Question.objects.bulk_create(
        Question(quiz=quiz, order=order, **question.model_dump())
        for order, question in enumerate(answer.questions, start=1)
    )
    quiz_written.send(Quiz, quiz=quiz)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="tutorial",
            model=Tutorial,
            relation="tutorial",
            answer="TutorialAnswer",
            label=Sentence("Tutorial"),
            plural="Tutorials",
            icon="article",
            usual_seconds=35,
            usual_tokens=(1500, 3500),
            task="retry_tutorial_task",
            fill=fill_tutorial,
            text="markdown",
        ),
        Kind(
            name="resources",
            model=ResourceList,
            relation="resource_list",
            answer="ResourcesAnswer",
            label=Sentence("Resources"),
            plural="Resources",
            icon="link",
            usual_seconds=15,
            usual_tokens=(1200, 900),
            task="retry_resources_task",
            fill=fill_resources,
            items="resources",
        ),
        Kind(
            name="quiz",
            model=Quiz,
            relation="quiz",
            answer="QuizAnswer",
            label=Sentence("Quiz"),
            plural="Quizzes",
            icon="quiz",
            usual_seconds=20,
            usual_tokens=(1300, 1600),
            task="retry_quiz_task",
            fill=fill_quiz,
            items="questions",
        ),
    )
}
RELATIONS = [kind.relation for kind in KINDS.values()]


def kind_of(artifact: Artifact) -> Kind:
    return next(kind for kind in KINDS.values() if isinstance(artifact, kind.model))


def counts(roadmap: Roadmap) -> dict[str, int]:
    """Artifacts of `roadmap` by status, and their `TOTAL`."""
    result = dict.fromkeys([*ArtifactStatus.values, "TOTAL"], 0)
    for kind in KINDS.values():
        rows = kind.model.objects.filter(concept__roadmap=roadmap)
        for row in rows.values(state=F("status")).annotate(n=Count("pk")):
            result[row["state"]] += row["n"]
            result["TOTAL"] += row["n"]
    return result
