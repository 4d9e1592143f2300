"""Second factor of staff.

Without it they may do no more than a learner, where REQUIRE_STAFF_MFA is set.
"""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User


def lacks_second_factor(user: User) -> bool:
    return settings.REQUIRE_STAFF_MFA and not Authenticator.objects.filter(user_id=user.pk).exists()


def counts_as_staff(user: User | AnonymousUser) -> bool:
    """Active staff with the second factor that the installation asks for; others are learners."""
    return bool(user.is_active and user.is_staff and not lacks_second_factor(user))


def with_second_factor(user_ids: set[int]) -> set[int]:
    """Those of `user_ids` who don't lack it, in one query; all of them where nobody needs it."""
    if not settings.REQUIRE_STAFF_MFA:
        return user_ids
    return set(Authenticator.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True))
