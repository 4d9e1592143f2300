"""Room of one person: how many bytes of courses and of export files they may keep.

A limit is looked at before something is added, so what is kept is at most the limit and one more.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import (
    BigIntegerField,
    CharField,
    F,
    Func,
    JSONField,
    Model,
    QuerySet,
    Sum,
    TextField,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from content.artifacts.kinds import KINDS
from content.models import Export
from roadmaps.models import Concept
from roadmaps.pages.roadmap import signed_in
from roadmaps.request.stored import check_stored

View = Callable[..., Any]
TEXTS = (CharField, TextField, JSONField)


def course_bytes(owner: User) -> int:
    """Bytes of the texts of a person's courses, as PostgreSQL keeps them: compressed."""
    total = _text_bytes(Concept.objects.filter(roadmap__owner=owner))
    for kind in KINDS.values():
        total += _text_bytes(kind.model.objects.filter(concept__roadmap__owner=owner))
        if kind.items:
            relation = kind.model._meta.get_field(kind.items)
            path = f"{relation.field.name}__concept__roadmap__owner"
            total += _text_bytes(relation.related_model.objects.filter(**{path: owner}))
    return total


def _text_bytes(rows: QuerySet[Any]) -> int:
    model: type[Model] = rows.model
    sizes = [
        Coalesce(_stored(field.attname), 0)
        for field in model._meta.concrete_fields
        if isinstance(field, TEXTS)
    ]
    return int(rows.aggregate(bytes=Sum(sum(sizes[1:], sizes[0])))["bytes"] or 0)


def _stored(column: str) -> Func:
    """The bytes of a value on the disk, without reading them."""
    return Func(F(column), function="pg_column_size", output_field=BigIntegerField())


def export_bytes(owner: User, roadmap_id: uuid.UUID, format: str) -> int:
    """Bytes of a person's export files, but for the one that is to be replaced."""
    others = Export.objects.filter(owner=owner).exclude(roadmap=roadmap_id, format=format)
    return int(others.aggregate(bytes=Sum(_stored("file")))["bytes"] or 0)


def check_course_bytes(owner: User) -> None:
    """Check that `owner` may add one more course. Raises ValidationError."""
    most = settings.STORED_COURSE_BYTES
    if most and (stored := course_bytes(owner)) >= most:
        message = _(
            "Your courses take %(size)s, and nobody may keep more than %(most)s. Move courses that "
            "you no longer need to the trash, delete them there, then try again."
        )
        raise ValidationError(message % _sizes(stored, most))


def check_export_bytes(owner: User, roadmap_id: uuid.UUID, format: str) -> None:
    """Check that `owner` may have one more file written. Raises ValidationError."""
    most = settings.STORED_EXPORT_BYTES
    if most and (stored := export_bytes(owner, roadmap_id, format)) >= most:
        message = _(
            "Your export files take %(size)s, and nobody may keep more than %(most)s. Each is "
            "deleted %(days)s days after you ask for it. To make room now, delete a roadmap that "
            "has such files, in the trash too."
        )
        days = {"days": settings.EXPORT_KEEP_DAYS}
        raise ValidationError(message % (_sizes(stored, most) | days))


def _sizes(stored: int, most: int) -> dict[str, Any]:
    return {"size": filesizeformat(stored), "most": filesizeformat(most)}


def room_for_course(view: View) -> View:
    """A POST that adds a course leads back with a sentence when its person has no room."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            try:
                check_stored(signed_in(request))
                check_course_bytes(signed_in(request))
            except ValidationError as exc:
                messages.error(request, " ".join(exc.messages))
                return redirect("roadmap_list")
        return view(request, *args, **kwargs)

    return checked


def room_for_export(view: View) -> View:
    """A POST that asks for a file leads back with a sentence when its person has no room."""

    @wraps(view)
    def checked(request: HttpRequest, pk: uuid.UUID, format: str) -> Any:
        if request.method == "POST":
            try:
                check_export_bytes(signed_in(request), pk, format)
            except ValidationError as exc:
                messages.error(request, " ".join(exc.messages))
                return redirect("export_list", pk)
        return view(request, pk, format)

    return checked
