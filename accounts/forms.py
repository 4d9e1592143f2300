"""What the settings page takes."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, NoticeKind, Preferences, switch


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
        adapter.check_free(cleaned, but=self.instance)
        return cleaned


class ChangeEmailForm(AddEmailForm):
    def save(self, request: HttpRequest) -> EmailAddress:
        """The address in use stays until the new one is confirmed, also where it was never verified itself."""
        EmailAddress.objects.filter(user=self.user, verified=False, primary=False).delete()
        address = EmailAddress.objects.create(user=self.user, email=self.cleaned_data["email"].lower())
        address.send_confirmation(request)
        told = {"email": address.email}
        get_adapter().add_message(request, messages.INFO, "account/messages/email_confirmation_sent.txt", told)
        return address


class LanguageForm(forms.Form):
    language = forms.ChoiceField(label=_("Language of the pages and e-mails"), choices=settings.LANGUAGES)


class SwitchesForm(forms.Form):
    """One box for each kind of notice and each channel."""

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
        """Each kind in words, and its boxes."""
        return [(kind.label, [self[switch(kind, channel)] for channel in Channel]) for kind in NoticeKind]

    def save(self) -> None:
        for kind in NoticeKind:
            for channel in Channel:
                self.preferences.set(kind, channel, self.cleaned_data[switch(kind, channel)])
        self.preferences.save()


class LeaveForm(forms.Form):
    """A password, or for who signs in elsewhere the name, typed again."""

    password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )
    name = forms.CharField(label=_("Your name, typed again"), max_length=150)

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        del self.fields["name" if user.has_usable_password() else "password"]

    def clean_password(self) -> str:
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("That is not your password."))
        return str(self.cleaned_data["password"])

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.user.get_username():
            raise forms.ValidationError(_("That is not your name as it is written above."))
        return str(self.cleaned_data["name"])
