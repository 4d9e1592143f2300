"""Permissions to act on a course: its owner's, and those of staff whom the admin lets do the same.

Seeing is wider than acting: whoever may view roadmaps reads every course, reviewers among them.
"""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from roadmaps.models import Person, Roadmap
from roadmaps.models.second_factor import counts_as_staff

# Retry, cancel, ask for changes, go back to a checkpoint.
CHANGE_ROADMAP = "roadmaps.change_roadmap"


def may_act(user: Person, roadmap: Roadmap, permission: str = CHANGE_ROADMAP) -> bool:
    """Whether `user` owns the roadmap, or is staff with the admin's `permission` for the act."""
    if user.is_active and roadmap.owner_id == user.pk:
        return True
    return counts_as_staff(user) and user.has_perm(permission)


def check_may_act(user: Person, roadmap: Roadmap, permission: str = CHANGE_ROADMAP) -> None:
    """Raise PermissionDenied, with a sentence for the person, unless `may_act`."""
    if not may_act(user, roadmap, permission):
        raise PermissionDenied(_("You can look at this course, but only its owner can change it."))


def check_owner(user: Person, roadmap: Roadmap) -> None:
    """Raise PermissionDenied for everybody but the owner, staff included."""
    if roadmap.owner_id != user.pk:
        raise PermissionDenied(_("You can look at this course, but only its owner can do this."))
