"""Limit of roadmaps that one person may keep, the trash included."""

from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from roadmaps.models import Roadmap


def check_stored(owner: Any) -> None:
    """Check that `owner` may keep one more roadmap. Raises ValidationError that says what to
    delete.
    """
    most = settings.STORED_ROADMAPS
    if not most or Roadmap.objects.filter(owner=owner.pk).count() < most:
        return
    message = _(
        "You keep %(most)s roadmaps, those in the trash included, and nobody may have more. "
        "Delete some in the trash for good, then try again."
    )
    raise ValidationError({NON_FIELD_ERRORS: [message % {"most": most}]})
