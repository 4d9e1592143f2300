"""What an owner does with their course's public link, and what others make of it."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from content.exports import rows
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Roadmap, RoadmapStatus
from sharing.models import Share, new_token

READABLE = (RoadmapStatus.READY, RoadmapStatus.PARTIAL)
WORDS_MAX = 50_000


def open_link(roadmap: Roadmap) -> Share:
    """A new link; the one before opens nothing any more.

    Raises InvalidTransition: there is nothing to read yet.
    """
    if roadmap.status not in READABLE:
        raise InvalidTransition(_("A course can be shared when it is ready to read."))
    share, made = Share.objects.get_or_create(roadmap=roadmap)
    if not made:
        Share.objects.filter(pk=share.pk).update(token=new_token())
        share.refresh_from_db()
    return share


def revoke_link(roadmap: Roadmap) -> None:
    """Nobody reads it from now on; it leaves the gallery too.

    Raises InvalidTransition: there is no link.
    """
    if not Share.objects.filter(roadmap=roadmap, token__isnull=False).update(
        token=None, listed_at=None
    ):
        raise InvalidTransition(_("There is no link to revoke."))


def enter_gallery(roadmap: Roadmap) -> None:
    """Raises InvalidTransition: no link, listed already, or staff have taken it out."""
    entering = Share.objects.filter(roadmap=roadmap, token__isnull=False, listed_at=None)
    if not entering.filter(taken_out_at=None).update(listed_at=Now(), words=_words(roadmap)):
        if entering.exists():
            raise InvalidTransition(_("The staff have taken this course out of the gallery."))
        raise InvalidTransition(
            _("A course needs a link before it enters the gallery, and enters it once.")
        )


def leave_gallery(roadmap: Roadmap) -> None:
    """Its link stays. Raises InvalidTransition: it is not there."""
    if not Share.objects.filter(roadmap=roadmap, listed_at__isnull=False).update(listed_at=None):
        raise InvalidTransition(_("This course is not in the gallery."))


def take_out(share: Share) -> None:
    """By staff. Raises InvalidTransition: it is not in the gallery."""
    if not Share.objects.filter(pk=share.pk, listed_at__isnull=False).update(
        listed_at=None, taken_out_at=Now()
    ):
        raise InvalidTransition(_("“%(course)s” is not in the gallery.") % {"course": share})


def let_in_again(share: Share) -> None:
    """Its owner may list it again. Raises InvalidTransition: nobody has taken it out."""
    if not Share.objects.filter(pk=share.pk, taken_out_at__isnull=False).update(taken_out_at=None):
        raise InvalidTransition(_("“%(course)s” was not taken out.") % {"course": share})


def _words(roadmap: Roadmap) -> str:
    """Its own words, not what its owner said of themselves."""
    parts: list[Any] = [roadmap.title, *roadmap.stages.values_list("title", flat=True)]
    for title, summary in roadmap.concepts.values_list("title", "summary"):
        parts += [title, summary]
    return "\n".join(parts)[:WORDS_MAX]


@transaction.atomic
def copy_course(share: Share, *, to: User) -> Roadmap:
    """A course of their own with the same content.

    Raises InvalidTransition: the link was revoked meanwhile.
    """
    if not Share.objects.open().filter(pk=share.pk, token=share.token).exists():
        raise InvalidTransition(_("This link was revoked."))
    copy = rows.create(rows.load(share.roadmap).without_person(), owner=to)
    Share.objects.filter(pk=share.pk).update(uses=F("uses") + 1)
    return copy
