"""Reading of a concept: its text, and a person's place, notes and completion."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from content.artifacts import drawings
from learning import cards
from learning.models import NOTE_MAX, Reading, StudyDay
from roadmaps.models import Concept
from roadmaps.people.numbers import whole_number

PLACE_MAX = 32_767


def written(concept: Any) -> dict[str, Any]:
    """The context of the partials of tutorial and resources, whoever reads them."""
    context: dict[str, Any] = {"document": None, "is_drawn": False, "resources": []}
    if hasattr(concept, "tutorial") and concept.tutorial.markdown:
        context["document"], context["is_drawn"] = drawings.document(concept.tutorial)
    if hasattr(concept, "resource_list"):
        context["resources"] = concept.resource_list.resources.all()
    return context


def keep_place(user: Any, concept: Concept, place: str) -> None:
    """Keep the reading place: the number of the tutorial's block at the top of the window.

    Raises ValidationError.
    """
    number = whole_number(place)
    if number is None or number > PLACE_MAX:
        raise ValidationError(_("A reading place is a number."))
    _change(user, concept, place=number, placed_at=timezone.now())


def keep_note(user: Any, concept: Concept, text: str) -> Reading:
    """Keep a person's notes of a concept. Raises ValidationError."""
    text = text.replace("\r\n", "\n").replace("\0", "")
    if len(text) > NOTE_MAX:
        raise ValidationError(
            _("Notes of one concept hold at most %(most)s characters; these are %(count)s.")
            % {"most": NOTE_MAX, "count": len(text)}
        )
    return _change(user, concept, note=text, noted_at=timezone.now())


@transaction.atomic
def complete(user: Any, concept: Concept) -> Reading:
    """Mark the concept as done; its questions join the practice. Twice is harmless."""
    cards.keep_questions(concept)
    reading = _change(user, concept)
    rows = Reading.objects.filter(pk=reading.pk, completed_at__isnull=True)
    rows.update(completed_at=timezone.now())
    cards.make(user, concept)
    return reading


def reopen(user: Any, concept: Concept) -> None:
    Reading.objects.filter(user=user, concept=concept).update(completed_at=None)


@transaction.atomic
def _change(user: Any, concept: Concept, **values: Any) -> Reading:
    cards.keep_concept(concept)
    reading, _created = Reading.objects.update_or_create(
        user=user, concept=concept, defaults=values
    )
    StudyDay.mark(user)
    return reading
