"""Staff may do no more than a learner until they have the second factor that REQUIRE_STAFF_MFA asks for."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User


def lacks_second_factor(user: User) -> bool:
    return settings.REQUIRE_STAFF_MFA and not Authenticator.objects.filter(user_id=user.pk).exists()


def counts_as_staff(user: User | AnonymousUser) -> bool:
    """Active staff with the second factor that the installation asks for; others are learners."""
    return bool(user.is_active and user.is_staff and not lacks_second_factor(user))
