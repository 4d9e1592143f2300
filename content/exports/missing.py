"""Missing parts of a course that came from elsewhere: counted, confirmed, and sent for review."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from content.artifacts.kinds import KINDS
from content.models import ArtifactStatus
from roadmaps.models import Roadmap
from roadmaps.request import estimates
from roadmaps.request.estimates import Writing
from roadmaps.runs.changes import request_review


@dataclass(frozen=True)
class Missing:
    artifacts: dict[str, int]  # by the name of their kind
    concepts: int  # that lack any
    work: Writing


def missing_of(roadmap: Roadmap) -> Missing:
    concepts = set(roadmap.concepts.values_list("pk", flat=True))
    complete = concepts
    artifacts: dict[str, int] = {}
    for kind in KINDS.values():
        ready = kind.model.objects.filter(concept__in=concepts, status=ArtifactStatus.READY)
        keys = set(ready.values_list("concept", flat=True))
        artifacts[kind.name] = len(concepts - keys)
        complete = complete & keys
    return Missing(artifacts, len(concepts - complete), estimates.for_missing(artifacts))


def send_for_review(roadmap: Roadmap, *, by: User, calls: int) -> Roadmap:
    """Have its plan reviewed, and on approval what it lacks written.

    `calls` are those that `by` has agreed to. Raises PermissionDenied, InvalidTransition and
    ValidationError, the last also when it would be more calls by now.
    """
    missing = missing_of(roadmap)
    if missing.work.calls > calls:
        raise ValidationError(_("More is missing than this page said. Look at it again."))
    parts = sum(missing.artifacts.values())
    comment = "Nothing is missing; with an approval its parts may be written anew."
    if parts:
        comment = (
            f"It lacks {parts} parts of {missing.concepts} concepts; with an approval they are "
            f"written, by about {missing.work.calls} model calls."
        )
    return request_review(roadmap, by=by, comment=comment)
