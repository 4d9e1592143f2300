"""Staff may do no more than a learner until they have the second factor that REQUIRE_STAFF_MFA asks for."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User


def lacks_second_factor(user: User) -> bool:
    return settings.REQUIRE_STAFF_MFA and not Authenticator.objects.filter(user_id=user.pk).exists()
