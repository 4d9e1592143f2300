"""Reviewers, and the reviews that each may decide."""

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from roadmaps.models import Roadmap

DECIDE = "roadmaps.decide_review"


def reviewers() -> QuerySet[User]:
    """Active users who may decide; superusers among them.

    By three indexes: Django's `with_perm` asks each user of the site.
    """
    app_label, codename = DECIDE.split(".")
    right = Permission.objects.filter(content_type__app_label=app_label, codename=codename)
    keys = User.objects.order_by().values("pk")
    entitled = keys.filter(is_superuser=True).union(
        keys.filter(user_permissions__in=right), keys.filter(groups__permissions__in=right)
    )
    return User.objects.filter(is_active=True, pk__in=entitled).order_by("username")


def who_may_decide(roadmap: Roadmap) -> QuerySet[User]:
    if settings.REVIEWERS_MAY_DECIDE_OWN:
        return reviewers()
    return reviewers().filter(Q(is_superuser=True) | ~Q(pk=roadmap.owner_id))


def check_reviewer(user: User) -> None:
    """Raise PermissionDenied for a user who may decide no review."""
    if not user.has_perm(DECIDE):
        raise PermissionDenied("You may look at reviews, but not decide them.")


def check_may_decide(user: User, roadmap: Roadmap) -> None:
    """Raise PermissionDenied for a user who may not decide reviews of this roadmap.

    Nobody judges their own request, but for superusers: the first admin of an installation is alone
    in it.
    """
    check_reviewer(user)
    if roadmap.owner_id == user.pk and not (user.is_superuser or settings.REVIEWERS_MAY_DECIDE_OWN):
        raise PermissionDenied("This is your own request; another reviewer has to decide it.")
