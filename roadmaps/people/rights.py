"""Rights of staff over accounts: nobody gets a right by way of somebody else's account."""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, Q, QuerySet

GROUPS_WITH_RIGHTS = User.groups.through.objects.filter(
    user=OuterRef("pk"), group__permissions__isnull=False
)
OWN_RIGHTS = User.user_permissions.through.objects.filter(user=OuterRef("pk"))
HAS_RIGHTS = (
    Q(is_staff=True) | Q(is_superuser=True) | Exists(OWN_RIGHTS) | Exists(GROUPS_WITH_RIGHTS)
)


def with_rights() -> QuerySet[User]:
    """People who may do more than a learner: staff, and whoever has any permission."""
    return User.objects.filter(HAS_RIGHTS)


def without_rights() -> QuerySet[User]:
    return User.objects.exclude(HAS_RIGHTS)


def may_take_over(by: User | AnonymousUser, person: User) -> bool:
    """Whether `by` may change what lets somebody into the account of `person`.

    Whoever sets a password or an address, or takes a second factor away, has the rights behind it.
    So a superuser may for everybody, other staff for those who have no rights.
    """
    return by.is_superuser or not with_rights().filter(pk=person.pk).exists()
