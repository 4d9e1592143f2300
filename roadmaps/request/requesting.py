"""Request of a roadmap: a row of the learner's goal and preferences, whose design is queued."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from roadmaps import progress
from roadmaps.engine import dispatch
from roadmaps.models import Roadmap
from roadmaps.request import limits, stored
from roadmaps.request.forms import RoadmapForm
from roadmaps.request.questions import clean_clarifications
from roadmaps.sentences import Sentence


@transaction.atomic
def request_roadmap(
    *,
    owner: Any,
    goal: str,
    clarifications: Sequence[dict[str, str]] = (),
    thread_id: uuid.UUID | None = None,
    **preferences: Any,
) -> Roadmap:
    """A new roadmap whose design is queued; a second call with the same `thread_id` finds the
    first one's.

    Raises ValidationError with a message per field, or one that names what of this learner runs
    already.
    """
    form = RoadmapForm(RoadmapForm.defaults() | preferences | {"goal": goal})
    if not form.is_valid():
        raise ValidationError(dict(form.errors.as_data()))
    answered = clean_clarifications(clarifications)
    thread_id = thread_id or uuid.uuid4()
    limits.take_turn(owner)
    if existing := Roadmap.objects.filter(owner=owner, thread_id=thread_id).first():
        return existing
    stored.check_stored(owner)
    limits.check_room(owner)
    roadmap = Roadmap.objects.create(
        owner=owner, thread_id=thread_id, clarifications=answered, **form.cleaned_data
    )
    dispatch.send_on_commit(dispatch.GENERATE, roadmap.pk, roadmap.run_id)
    progress.record(
        roadmap.pk, "requested", Sentence("The goal is stated; a worker will design the plan")
    )
    return roadmap
