"""Services for a course's public link, its place in the gallery, and copies of it."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from content.artifacts import drawings
from content.exports import rows
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Roadmap, RoadmapStatus
from sharing.models import Share, new_token
from sharing.search import kept

READABLE = (RoadmapStatus.READY, RoadmapStatus.PARTIAL)


def open_link(roadmap: Roadmap) -> Share:
    """Open a new link; the one before opens nothing any more.

    Raises InvalidTransition: there is nothing to read yet.
    """
    if roadmap.status not in READABLE:
        raise InvalidTransition(_("A course can be shared when it is ready to read."))
    share, is_new = Share.objects.get_or_create(roadmap=roadmap)
    if not is_new:
        Share.objects.filter(pk=share.pk).update(token=new_token())
        share.refresh_from_db()
    return share


def revoke_link(roadmap: Roadmap) -> None:
    """Close the course's link to everybody; the course leaves the gallery too.

    Raises InvalidTransition: there is no link.
    """
    if not Share.objects.filter(roadmap=roadmap, token__isnull=False).update(
        token=None, listed_at=None
    ):
        raise InvalidTransition(_("There is no link to revoke."))


def enter_gallery(roadmap: Roadmap) -> None:
    """List the course.

    Raises InvalidTransition: no link, listed already, or staff have taken it out.
    """
    entering = Share.objects.filter(roadmap=roadmap, token__isnull=False, listed_at=None)
    if not entering.filter(taken_out_at=None).update(
        listed_at=Now(), language=roadmap.language, words=_searchable_words(roadmap)
    ):
        if entering.exists():
            raise InvalidTransition(_("The staff have taken this course out of the gallery."))
        raise InvalidTransition(
            _("A course needs a link before it enters the gallery, and enters it once.")
        )


def leave_gallery(roadmap: Roadmap) -> None:
    """Unlist the course; its link stays. Raises InvalidTransition: it is not listed."""
    if not Share.objects.filter(roadmap=roadmap, listed_at__isnull=False).update(listed_at=None):
        raise InvalidTransition(_("This course is not in the gallery."))


def take_out(share: Share) -> None:
    """Unlist a course by staff. Raises InvalidTransition: it is not in the gallery."""
    if not Share.objects.filter(pk=share.pk, listed_at__isnull=False).update(
        listed_at=None, taken_out_at=Now()
    ):
        raise InvalidTransition(_("“%(course)s” is not in the gallery.") % {"course": share})


def let_in_again(share: Share) -> None:
    """Let the owner list the course again. Raises InvalidTransition: nobody has taken it out."""
    if not Share.objects.filter(pk=share.pk, taken_out_at__isnull=False).update(taken_out_at=None):
        raise InvalidTransition(_("“%(course)s” was not taken out.") % {"course": share})


def _searchable_words(roadmap: Roadmap) -> str:
    """Titles and summaries of the course, never what its owner wrote about themselves."""
    texts: list[Any] = [roadmap.title, *roadmap.stages.values_list("title", flat=True)]
    for title, summary in roadmap.concepts.values_list("title", "summary"):
        texts += [title, summary]
    return kept(texts)


@transaction.atomic
def copy_course(share: Share, *, to: User) -> Roadmap:
    """Copy the shared course, with the same content, for the person `to`.

    Raises InvalidTransition: the link was revoked meanwhile.
    """
    if not Share.objects.open().filter(pk=share.pk, token=share.token).exists():
        raise InvalidTransition(_("This link was revoked."))
    copy = rows.create(rows.load(share.roadmap).without_person(), owner=to)
    drawings.take_along(share.roadmap, copy)
    Share.objects.filter(pk=share.pk).update(uses=F("uses") + 1)
    return copy
