"""Rows of a course as a document, and a document as rows.

The number of queries is the same whatever its size.
"""

from itertools import groupby
from typing import Any, get_args

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Func, IntegerField, Sum
from django.utils import timezone

from content.artifacts import drawings
from content.artifacts.kinds import KINDS, RELATIONS, Kind
from content.exports.document import (
    Checked,
    Concept,
    Course,
    Module,
    Request,
    Stage,
)
from content.models import ArtifactStatus
from roadmaps import models as plan
from roadmaps.models import ReviewStatus, Roadmap, RoadmapStatus
from roadmaps.plan import shape
from roadmaps.request.fields import EXPORTED
from roadmaps.runs import publishing


class TextSize(Func):
    """The bytes of a text, which the database knows without reading it."""

    function = "octet_length"
    output_field = IntegerField()


Pairs = list[tuple[plan.Concept, Concept]]
ITEM_SIZE = 1000  # bytes of a question, a resource, or a concept without its text
ITEMS = [f"{kind.relation}__{kind.items}" for kind in KINDS.values() if kind.items]


def load(roadmap: Roadmap) -> Course:
    rows = (
        roadmap.concepts.select_related("module__stage", *RELATIONS)
        .defer("tutorial__html", "tutorial__headings")
        .prefetch_related("prerequisites", *ITEMS)
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


def size_of(roadmap: Roadmap) -> int:
    """About how many bytes the course has, without reading its texts."""
    concepts = roadmap.concepts.aggregate(
        count=Count("pk"), text=Sum(TextSize("tutorial__markdown"), default=0)
    )
    items = 0
    for kind in KINDS.values():
        if kind.items:
            relation = kind.model._meta.get_field(kind.items)
            of_course = {f"{relation.field.name}__concept__roadmap": roadmap}
            items += relation.related_model.objects.filter(**of_course).count()
    size: int = concepts["text"] + ITEM_SIZE * (concepts["count"] + items)
    return size


def load_concept(row: Any) -> Concept:
    parts: dict[str, Any] = {}
    for kind in KINDS.values():
        if hasattr(row, kind.relation):
            parts[kind.name] = content_of(kind, getattr(row, kind.relation))
    return Concept(
        id=row.key,
        **{name: getattr(row, name) for name in shape.COLUMNS},
        prerequisites=[prerequisite.key for prerequisite in row.prerequisites.all()],
        **parts,
    )


def content_of(kind: Kind, artifact: Any) -> Any:
    """Content of an artifact as the document's concept has it: its text, or its items."""
    if kind.text:
        return getattr(artifact, kind.text)
    (part,) = get_args(Concept.model_fields[kind.name].annotation)
    items = []
    for row in getattr(artifact, kind.items).all():
        items.append(part(**{name: getattr(row, name) for name in part.model_fields}))
    return items


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
    for kind in KINDS.values():
        create_artifacts(kind, pairs)
    drawings.ask_for_course(roadmap)
    return roadmap


def create_artifacts(kind: Kind, pairs: Pairs) -> None:
    """Artifacts of `kind` for all concepts, also for those that have none of it yet."""
    artifacts = []
    items = []
    for row, concept in pairs:
        content = getattr(concept, kind.name)
        status = ArtifactStatus.READY if content else ArtifactStatus.PENDING
        artifact = kind.model(concept=row, status=status)
        artifacts.append(artifact)
        if kind.text:
            artifact.title = concept.title
            artifact.summary = concept.summary[:600]
            setattr(artifact, kind.text, content)
        else:
            for order, part in enumerate(content, 1):
                items.append((artifact, {"order": order, **part.model_dump()}))
    kind.model.objects.bulk_create(artifacts)

    if kind.items:
        relation = kind.model._meta.get_field(kind.items)
        relation.related_model.objects.bulk_create(
            relation.related_model(**{relation.field.name: artifact}, **values)
            for artifact, values in items
        )
