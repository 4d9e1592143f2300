"""Limit of roadmaps that one learner may have running at once."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from roadmaps.models import Roadmap

NAME_MAX = 60  # characters of a roadmap's name in the sentence


def take_turn(owner: Any) -> None:
    """Until the transaction ends nobody else starts a roadmap of `owner`, so that counting means
    something.
    """
    # NO KEY: rows that refer to the user may be written meanwhile.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)


def check_room(owner: Any) -> None:
    """Raises ValidationError that names what runs, when nothing more of `owner` may start now."""
    most = settings.MAX_RUNNING_ROADMAPS
    if not most:
        return
    running = list(Roadmap.objects.filter(owner=owner.pk).moving()[:most])
    if len(running) < most:
        return
    names = ", ".join(f"“{_short(str(roadmap))}”" for roadmap in running)
    message = ngettext(
        "%(most)s roadmap of yours may run at a time, and %(names)s still does."
        " Wait until it is done, or cancel it.",
        "%(most)s roadmaps of yours may run at a time, and these still do: %(names)s. "
        "Wait until one is done, or cancel one.",
        most,
    )
    raise ValidationError({NON_FIELD_ERRORS: [message % {"most": most, "names": names}]})


def _short(name: str) -> str:
    if len(name) <= NAME_MAX:
        return name
    return _("%(start)s…") % {"start": name[: NAME_MAX - 1]}
