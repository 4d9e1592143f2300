"""A course's rows as a document, and a document as rows: the same number of queries whatever its
size.
"""

from itertools import groupby
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from content import models
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
        roadmap.concepts.select_related("module__stage", "tutorial", "resource_list", "quiz")
        .prefetch_related("prerequisites", "resource_list__resources", "quiz__questions")
        .order_by("order")
    )
    return Course(
        id=roadmap.pk,
        title=str(roadmap)[:200],
        request=Request(**{name: getattr(roadmap, name) for name in EXPORTED}),
        made_without_model=roadmap.made_without_model,
        checked=_checked(roadmap),
        stages=[
            Stage(title=stage.title, summary=stage.summary, modules=_modules(list(of_stage)))
            for stage, of_stage in groupby(rows, key=lambda row: row.module.stage)
        ],
    )


def _modules(rows: list[plan.Concept]) -> list[Module]:
    return [
        Module(
            title=module.title,
            summary=module.summary,
            concepts=[_concept(row) for row in of_module],
        )
        for module, of_module in groupby(rows, key=lambda row: row.module)
    ]


def _concept(row: Any) -> Concept:
    tutorial, resources, quiz = (
        getattr(row, name, None) for name in ("tutorial", "resource_list", "quiz")
    )
    return Concept(
        id=row.key,
        **{name: getattr(row, name) for name in shape.COLUMNS},
        prerequisites=[needed.key for needed in row.prerequisites.all()],
        tutorial=tutorial.markdown if tutorial else "",
        resources=[_of(Resource, one) for one in resources.resources.all()] if resources else [],
        quiz=[_of(Question, one) for one in quiz.questions.all()] if quiz else [],
    )


def _of(part: Any, row: Any) -> Any:
    return part(**{name: getattr(row, name) for name in part.model_fields})


def _checked(roadmap: Roadmap) -> Checked | None:
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
    roadmap = Roadmap.objects.create(
        owner=owner,
        title=course.title,
        made_without_model=course.made_without_model,
        status=RoadmapStatus.READY if _is_complete(course) else RoadmapStatus.PARTIAL,
        **course.request.model_dump(),
    )
    by_id = publishing.create(roadmap, course.as_plan())
    concepts = [(by_id[concept.id], concept) for concept in course.concepts()]
    _create_tutorials(concepts)
    _create_resources(concepts)
    _create_quizzes(concepts)
    return roadmap


def _is_complete(course: Course) -> bool:
    return all(one.tutorial and one.resources and one.quiz for one in course.concepts())


def _state(content: object) -> ArtifactStatus:
    return ArtifactStatus.READY if content else ArtifactStatus.PENDING


def _create_tutorials(pairs: Pairs) -> None:
    models.Tutorial.objects.bulk_create(
        models.Tutorial(
            concept=row,
            status=_state(concept.tutorial),
            title=concept.title,
            summary=concept.summary[:600],
            markdown=concept.tutorial,
        )
        for row, concept in pairs
    )


def _create_resources(pairs: Pairs) -> None:
    lists = [
        models.ResourceList(concept=row, status=_state(concept.resources)) for row, concept in pairs
    ]
    models.ResourceList.objects.bulk_create(lists)
    models.Resource.objects.bulk_create(
        models.Resource(resource_list=row, order=at, **resource.model_dump())
        for row, (_, concept) in zip(lists, pairs, strict=True)
        for at, resource in enumerate(concept.resources, 1)
    )


def _create_quizzes(pairs: Pairs) -> None:
    quizzes = [models.Quiz(concept=row, status=_state(concept.quiz)) for row, concept in pairs]
    models.Quiz.objects.bulk_create(quizzes)
    models.Question.objects.bulk_create(
        models.Question(quiz=row, order=at, **question.model_dump())
        for row, (_, concept) in zip(quizzes, pairs, strict=True)
        for at, question in enumerate(concept.quiz, 1)
    )
