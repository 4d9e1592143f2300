"""Adapters of allauth: sign-in, names of accounts, and links in its emails."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal.flows.signup import redirect_to_signup
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import devices, one_account, sign_in_again
from accounts.language import remember_language
from accounts.middleware import TIME_ZONE_COOKIE
from accounts.models import Preferences
from roadmaps.people import names, time_zones
from roadmaps.people.public_address import on_public_site, public_host

NAME_MAX = 150  # characters, as Django's column has them


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, facts: dict[str, Any]) -> None:
        """Send with links to the configured address: a request may call us by any name."""
        links = {
            name: on_public_site(value)
            for name, value in facts.items()
            if isinstance(value, str) and urlsplit(value).scheme in ("http", "https")
        }
        site = {"name": "Cairn", "domain": public_host()}
        facts = facts | links | {"current_site": site}
        if not EmailAddress.objects.filter(email__iexact=email, verified=True).exists():
            facts.pop("username", None)  # a stranger may have given it, and the address
        super().send_mail(template_prefix, email, facts)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell of a change of the account, at an address that is known to be theirs."""
        address = (email or user.email).lower()
        was_verified = address in getattr(self.request, "verified_before", ())
        if was_verified or EmailAddress.objects.filter(user=user, email=address, verified=True):
            super().send_notification_mail(template_prefix, user, context, email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Give the account its address; whoever else claimed it and never proved it loses it."""
        mine = EmailAddress.objects.filter(user=email_address.user_id, verified=True)
        # They are told, and their rows are gone by then.
        request.verified_before = {address.email for address in mine}  # type: ignore[attr-defined]
        with transaction.atomic():
            one_account.lock_names_and_addresses()
            if one_account.release_unproved(email_address.email, to=email_address.user):
                return bool(super().confirm_email(request, email_address))
        self.add_message(
            request,
            messages.ERROR,
            "account/messages/email_confirmation_failed.txt",
            {"email": email_address.email},
        )
        return False

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Save a new account, whose name and address nobody else got meanwhile.

        Raises TakenMeanwhile, ValidationError.
        """
        user = super().save_user(request, user, form, commit=False)  # hashes, before the lock
        if commit:
            with transaction.atomic():
                one_account.lock_names_and_addresses()
                one_account.check_free(user)
                user.save()
        return user

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for a proof of who it is before any change of what one signs in with.

        Raises ImmediateHttpResponse.
        """
        sign_in_again.check(context.request)
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Keep the person's language on every device they sign in from."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        last_values = {"last_language": get_language() or ""}
        if browser_zone := time_zones.known(request.COOKIES.get(TIME_ZONE_COOKIE, "")):
            last_values["last_time_zone"] = browser_zone
        preferences, _created = Preferences.objects.update_or_create(
            user=user, defaults=last_values
        )
        devices.remember(response, request, user)
        return remember_language(response, preferences.language)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One count of wrong guesses for an account, whatever it and the site are called.

        A browser that was in before has its own, which strangers don't use up.
        """
        login = credentials.get("email", credentials.get("username", ""))
        by_name = Q(username__iexact=login) | Q(username__iexact=names.normalized(login))
        accounts = User.objects.filter(by_name | Q(email__iexact=login)).order_by("pk")
        counts = [f"{user.pk}:{devices.device_of(request, user)}" for user in accounts]
        return ",".join(counts) or f"nobody:{names.normalized(login).casefold()}"

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Sign in by the name as typed, else normalised: older accounts keep their spelling.

        An address is looked up by way of the name, once: a second time would cost one more hash
        where there is such an account.
        """
        name = credentials.get("username", "")
        if credentials.get("email") == name:
            del credentials["email"]
        if names.is_normalized(name) or User.objects.filter(username__iexact=name).exists():
            return super().authenticate(request, **credentials)
        return super().authenticate(request, **credentials | {"username": names.normalized(name)})

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """A name that somebody gives themselves, normalised. Raises ValidationError."""
        username = names.normalized(username)
        MaxLengthValidator(NAME_MAX)(username)
        super().clean_username(username, shallow=True)
        if names.is_reserved(username):
            raise self.validation_error("username_blacklisted")
        names.check_letters(username)
        if names.is_address(username):
            raise ValidationError(_("A name can't be an email address: others see it."))
        if not shallow:
            self.check_free(username)
        return username

    def check_free(self, username: str, apart_from: User | None = None) -> None:
        """Refuse a name that somebody, `apart_from` aside, has, or one that looks like it.

        Raises ValidationError.
        """
        users = User.objects.all()
        if apart_from:
            users = users.exclude(pk=apart_from.pk)
        if users.filter(username__iexact=username).exists():
            raise self.validation_error("username_taken")
        if users.filter(name_look__skeleton=names.skeleton(username)).exists():
            raise ValidationError(_("This name looks like somebody else's. Choose another one."))

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        """A free name for a person of another provider whose own name is taken."""
        username: str = super().generate_unique_username(txts, regex)
        try:
            self.check_free(username)
        except ValidationError:
            return str(super().generate_unique_username(["user"], regex))
        return username


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """A new user without first and last names that imitate others.

        These names stand beside what staff does.
        """
        user = super().populate_user(request, sociallogin, data)
        user.username = names.normalized(user.username)
        user.first_name = _without_imitation(user.first_name)
        user.last_name = _without_imitation(user.last_name)
        return user

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        """Save a new account, whose name and address nobody else got meanwhile.

        Raises ImmediateHttpResponse, which leads to the page where others can be chosen.
        """
        try:
            with transaction.atomic():
                one_account.lock_names_and_addresses()
                if not form:
                    _without_taken_name(sociallogin.user)
                    one_account.check_free(sociallogin.user)
                return super().save_user(request, sociallogin, form)
        except (one_account.TakenMeanwhile, ValidationError, IntegrityError) as exc:
            sociallogin.user.pk = sociallogin.account.pk = None  # nothing of it is saved
            messages.error(request, _("Somebody was faster. Try again."))
            raise ImmediateHttpResponse(redirect_to_signup(request, sociallogin)) from exc


def _without_taken_name(user: User) -> None:
    """Leave it to allauth to find a free name where this one is taken."""
    try:
        AccountAdapter().check_free(user.username)
    except ValidationError:
        user.username = ""


def _without_imitation(name: str) -> str:
    name = names.printable(name)[:NAME_MAX]
    try:
        names.check_letters(name)
    except ValidationError:
        return ""
    return "" if names.is_reserved(name) else name
