"""Rows of a course as a document, and a document as rows, with the same number of queries whatever
its size.
"""

from itertools import groupby
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from content import models
from content.artifacts.kinds import KINDS, RELATIONS
from content.exports.document import (
    Checked,
    Concept,
    Course,
    Module,
    Question,
    Request,
    Resource,
    Stage,
)
from content.models import ArtifactStatus
from roadmaps import models as plan
from roadmaps.models import ReviewStatus, Roadmap, RoadmapStatus
from roadmaps.plan import shape
from roadmaps.request.fields import EXPORTED
from roadmaps.runs import publishing

Pairs = list[tuple[plan.Concept, Concept]]


def load(roadmap: Roadmap) -> Course:
    rows = (
        roadmap.concepts.select_related("module__stage", *RELATIONS)
        .prefetch_related("prerequisites", "resource_list__resources", "quiz__questions")
        .order_by("order")
    )
    stages = []
    for stage, of_stage in groupby(rows, key=lambda row: row.module.stage):
        modules = []
        for module, of_module in groupby(of_stage, key=lambda row: row.module):
            concepts = [load_concept(row) for row in of_module]
            modules.append(Module(title=module.title, summary=module.summary, concepts=concepts))
        stages.append(Stage(title=stage.title, summary=stage.summary, modules=modules))
    return Course(
        id=roadmap.pk,
        title=str(roadmap)[:200],
        request=Request(**{name: getattr(roadmap, name) for name in EXPORTED}),
        made_without_model=roadmap.made_without_model,
        checked=load_check(roadmap),
        stages=stages,
    )


def load_concept(row: Any) -> Concept:
    parts: dict[str, Any] = {}
    if hasattr(row, "tutorial"):
        parts["tutorial"] = row.tutorial.markdown
    if hasattr(row, "resource_list"):
        resources = row.resource_list.resources.all()
        parts["resources"] = [part_of(Resource, resource) for resource in resources]
    if hasattr(row, "quiz"):
        parts["quiz"] = [part_of(Question, question) for question in row.quiz.questions.all()]
    return Concept(
        id=row.key,
        **{name: getattr(row, name) for name in shape.COLUMNS},
        prerequisites=[prerequisite.key for prerequisite in row.prerequisites.all()],
        **parts,
    )


def part_of(part: Any, row: Any) -> Any:
    return part(**{name: getattr(row, name) for name in part.model_fields})


def load_check(roadmap: Roadmap) -> Checked | None:
    review = roadmap.reviews.filter(status=ReviewStatus.APPROVED).first()
    if review is None or review.decided_at is None:
        return None
    day = timezone.localdate(review.decided_at)
    return Checked(by=str(review.decider), person=bool(review.decided_by_person), on=day)


@transaction.atomic
def create(course: Course, *, owner: User) -> Roadmap:
    """A roadmap of `owner` with this content, ready to read (in parts, when not all of it is
    written).
    """
    status = RoadmapStatus.READY
    for concept in course.concepts():
        if not all(getattr(concept, kind) for kind in KINDS):
            status = RoadmapStatus.PARTIAL
    roadmap = Roadmap.objects.create(
        owner=owner,
        title=course.title,
        made_without_model=course.made_without_model,
        status=status,
        **course.request.model_dump(),
    )
    by_id = publishing.create(roadmap, course.as_plan())
    pairs = [(by_id[concept.id], concept) for concept in course.concepts()]
    create_tutorials(pairs)
    create_resources(pairs)
    create_quizzes(pairs)
    return roadmap


def status_of(content: object) -> ArtifactStatus:
    return ArtifactStatus.READY if content else ArtifactStatus.PENDING


def create_tutorials(pairs: Pairs) -> None:
    models.Tutorial.objects.bulk_create(
        models.Tutorial(
            concept=row,
            status=status_of(concept.tutorial),
            title=concept.title,
            summary=concept.summary[:600],
            markdown=concept.tutorial,
        )
        for row, concept in pairs
    )


def create_resources(pairs: Pairs) -> None:
    lists = []
    resources = []
    for row, concept in pairs:
        resource_list = models.ResourceList(concept=row, status=status_of(concept.resources))
        lists.append(resource_list)
        resources += [
            models.Resource(resource_list=resource_list, order=order, **resource.model_dump())
            for order, resource in enumerate(concept.resources, 1)
        ]
    models.ResourceList.objects.bulk_create(lists)
    models.Resource.objects.bulk_create(resources)


def create_quizzes(pairs: Pairs) -> None:
    quizzes = []
    questions = []
    for row, concept in pairs:
        quiz = models.Quiz(concept=row, status=status_of(concept.quiz))
        quizzes.append(quiz)
        questions += [
            models.Question(quiz=quiz, order=order, **question.model_dump())
            for order, question in enumerate(concept.quiz, 1)
        ]
    models.Quiz.objects.bulk_create(quizzes)
    models.Question.objects.bulk_create(questions)
