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
    """Lock of an owner until the transaction ends: nobody else starts a roadmap of theirs, so that
    counting means something.
    """
    # NO KEY: rows that refer to the user may be written meanwhile.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)


def check_room(owner: Any) -> None:
    """Check that `owner` may start one more roadmap. Raises ValidationError that names the running
    ones.
    """
    most = settings.MAX_RUNNING_ROADMAPS
    if not most:
        return
    running = list(Roadmap.objects.filter(owner=owner.pk).moving()[:most])
    if len(running) < most:
        return

    names = []
    for roadmap in running:
        name = str(roadmap)
        if len(name) > NAME_MAX:
            name = _("%(start)s…") % {"start": name[: NAME_MAX - 1]}
        names.append(f"“{name}”")
    message = ngettext(
        "%(most)s roadmap of yours may run at a time, and %(names)s still does."
        " Wait until it is done, or cancel it.",
        "%(most)s roadmaps of yours may run at a time, and these still do: %(names)s. "
        "Wait until one is done, or cancel one.",
        most,
    )
    values = {"most": most, "names": ", ".join(names)}
    raise ValidationError({NON_FIELD_ERRORS: [message % values]})
