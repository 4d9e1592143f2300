"""A course's rows as a document, and a document as rows: the same number of queries whatever its
size.
"""

from itertools import groupby
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

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
from roadmaps.request.fields import EXPORTED

CONCEPT_FACTS = ("title", "summary", "minutes", "difficulty", "keywords", "outcomes")


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
        **{name: getattr(row, name) for name in CONCEPT_FACTS},
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
    concepts = _create_plan(course, roadmap)
    _create_tutorials(concepts)
    _create_resources(concepts)
    _create_quizzes(concepts)
    return roadmap


def _is_complete(course: Course) -> bool:
    return all(one.tutorial and one.resources and one.quiz for one in course.concepts())


Pairs = list[tuple[plan.Concept, Concept]]


def _create_plan(course: Course, roadmap: Roadmap) -> Pairs:
    stages = [
        plan.Stage(
            roadmap=roadmap, key=f"s{at}", order=at, title=stage.title, summary=stage.summary
        )
        for at, stage in enumerate(course.stages, 1)
    ]
    modules = [
        plan.Module(stage=row, key=f"m{at}", order=at, title=module.title, summary=module.summary)
        for row, stage in zip(stages, course.stages, strict=True)
        for at, module in enumerate(stage.modules, 1)
    ]
    every = [module for stage in course.stages for module in stage.modules]
    pairs: Pairs = []
    for row, module in zip(modules, every, strict=True):
        pairs += [(_row(roadmap, row, concept), concept) for concept in module.concepts]
    for at, (concept_row, _) in enumerate(pairs, 1):
        concept_row.order = at
    _dedupe_slugs(pairs)
    plan.Stage.objects.bulk_create(stages)
    plan.Module.objects.bulk_create(modules)
    plan.Concept.objects.bulk_create(row for row, _ in pairs)
    _link(pairs)
    return pairs


def _row(roadmap: Roadmap, module: plan.Module, concept: Concept) -> plan.Concept:
    facts = {name: getattr(concept, name) for name in CONCEPT_FACTS}
    slug = slugify(concept.title, allow_unicode=True)[:70] or concept.id
    return plan.Concept(roadmap=roadmap, module=module, key=concept.id, slug=slug, **facts)


def _dedupe_slugs(pairs: Pairs) -> None:
    seen: set[str] = set()
    for row, _ in pairs:
        while row.slug in seen:
            row.slug = f"{row.slug[:70]}-{row.order}-{len(seen)}"
        seen.add(row.slug)


def _link(pairs: Pairs) -> None:
    through = plan.Concept.prerequisites.through
    ids = {row.key: row.pk for row, _ in pairs}
    through.objects.bulk_create(
        through(from_concept_id=row.pk, to_concept_id=ids[key])
        for row, concept in pairs
        for key in dict.fromkeys(concept.prerequisites)
    )


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
