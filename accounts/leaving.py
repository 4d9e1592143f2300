"""Deleting an account, at once and for good."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from roadmaps.models import Roadmap
from roadmaps.removal import erasure


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete a person with all their roadmaps, whose runs are stopped.

    What they decided for others stays there, by name.

    Raises ValidationError: nobody would be left to run this installation.
    """
    # Locked: two superusers who leave at the same moment must not both see the other.
    superusers = list(
        User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
    )
    if user in superusers and len(superusers) == 1:
        raise ValidationError(
            _("You are the only superuser. Make somebody else one before you leave.")
        )
    erasure.erase(Roadmap.objects.filter(owner=user))
    user.delete()
