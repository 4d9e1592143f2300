"""Forms of the settings page: name, email, language, time zone, notices, deletion."""

import secrets
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm
from allauth.account.models import EmailAddress
from babel.core import Locale, get_global
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _

from accounts import address_change, one_account
from accounts.models import Channel, NoticeKind, Preferences, switch
from roadmaps.people import time_zones


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["username"]
        labels = {"username": _("Name")}
        help_texts = {"username": _("You sign in with it, and reviewers see it.")}

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if name.lower() == self.initial["username"].lower():
            return name
        adapter = get_adapter()
        cleaned: str = adapter.clean_username(name, shallow=True)
        adapter.check_free(cleaned, apart_from=self.instance)
        return cleaned


class SignupForm(allauth_forms.SignupForm):
    """The sign-up: one account for an address, and no way to tell which addresses have one.

    That there is one already costs what a new one would, where the answer is the same for both.
    """

    account_already_exists: bool

    def validate_unique_email(self, value: str) -> str:
        email: str = super().validate_unique_email(value)
        if not self.account_already_exists and one_account.others_with(email):
            if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory":
                raise get_adapter().validation_error("email_taken")
            self.account_already_exists = True
        return email

    def try_save(self, request: HttpRequest) -> Any:
        """Raises TakenMeanwhile."""
        if self.account_already_exists:
            self._rehearse(request)
            return super().try_save(request)
        try:
            with transaction.atomic():
                return super().try_save(request)
        except (IntegrityError, forms.ValidationError) as exc:
            raise one_account.TakenMeanwhile from exc

    def _rehearse(self, request: HttpRequest) -> None:
        """Make the account for another address, and take it back."""
        address = self.cleaned_data["email"]
        self.account_already_exists = False
        self.cleaned_data["email"] = f"{secrets.token_hex(16)}@nobody.invalid"
        try:
            with transaction.atomic():
                self.save(request)
                transaction.set_rollback(True)
        finally:
            self.account_already_exists = True
            self.cleaned_data["email"] = address


class ChangeEmailForm(AddEmailForm):
    def save(self, request: HttpRequest) -> EmailAddress:
        """Ask the new address for confirmation; the address in use stays until then.

        That holds also where the address in use was never verified itself. It is told first.
        """
        with transaction.atomic():  # who can't be told is not changed
            EmailAddress.objects.filter(user=self.user, verified=False, primary=False).delete()
            address = EmailAddress.objects.create(
                user=self.user, email=self.cleaned_data["email"].lower()
            )
            address_change.tell_old_address(address)
        address.send_confirmation(request)
        get_adapter().add_message(
            request,
            messages.INFO,
            "account/messages/email_confirmation_sent.txt",
            {"email": address.email},
        )
        return address


class LanguageForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language of the pages and e-mails"), choices=settings.LANGUAGES
    )


AREAS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}


def cities() -> dict[str, list[tuple[str, str]]]:
    """Time zones by area, each with its city in the language of the page.

    Other names of the same zone are left out.
    """
    translated = Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE)).time_zones
    aliases = get_global("zone_aliases")
    former = {name: alias for alias, name in aliases.items() if "city" in translated.get(alias, {})}
    by_area: dict[str, list[tuple[str, str]]] = {area: [] for area in AREAS}
    for name in sorted(time_zones.names() - aliases.keys()):
        area, _slash, place = name.partition("/")
        if area in AREAS:
            translation = translated.get(name) or translated.get(former.get(name, "")) or {}
            city = translation.get("city") or place.rpartition("/")[2].replace("_", " ")
            by_area[area].append((name, city))
    return by_area


class TimeZoneForm(forms.Form):
    """The person's time zone: a fixed one, or that of their browser."""

    time_zone = forms.ChoiceField(label=_("Where your days begin and end"), required=False)

    def __init__(self, preferences: Preferences, data: Any = None) -> None:
        super().__init__(data, initial={"time_zone": preferences.time_zone})
        self.preferences = preferences
        browser = time_zones.known(preferences.last_time_zone) or settings.TIME_ZONE
        automatic = gettext("Automatic (%(zone)s)") % {"zone": browser}
        by_area = [(AREAS[area], listed) for area, listed in cities().items()]
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", automatic), ("UTC", "UTC"), *by_area]

    def save(self) -> None:
        self.preferences.time_zone = self.cleaned_data["time_zone"]
        self.preferences.save()


class SwitchesForm(forms.Form):
    """Switches of notices: one box for each kind and each channel."""

    def __init__(self, preferences: Preferences, data: Any = None) -> None:
        super().__init__(data)
        self.preferences = preferences
        for kind in NoticeKind:
            for channel in Channel:
                name = switch(kind, channel)
                label = f"{kind.label}: {channel.label}"
                initial = preferences.wants(kind, channel)
                self.fields[name] = forms.BooleanField(required=False, label=label, initial=initial)

    def rows(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The label of each kind, and its boxes."""
        rows: list[tuple[Any, list[forms.BoundField]]] = []
        for kind in NoticeKind:
            boxes = [self[switch(kind, channel)] for channel in Channel]
            rows.append((kind.label, boxes))
        return rows

    def save(self) -> None:
        for kind in NoticeKind:
            for channel in Channel:
                self.preferences.set(kind, channel, self.cleaned_data[switch(kind, channel)])
        self.preferences.save()


class LeaveForm(forms.Form):
    """The confirmation of a deletion: the password, or without one the name typed again."""

    password = forms.CharField(
        label=_("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )
    name = forms.CharField(label=_("Your name, typed again"), max_length=150)

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        if user.has_usable_password():
            del self.fields["name"]
        else:
            del self.fields["password"]

    def clean_password(self) -> str:
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("That is not your password."))
        return str(self.cleaned_data["password"])

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.user.get_username():
            raise forms.ValidationError(_("That is not your name as it is written above."))
        return str(self.cleaned_data["name"])
