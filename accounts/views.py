"""Pages of a person's settings, the export of their data, and the deletion of their account."""

from typing import Any

from allauth.account import views as allauth_views
from allauth.account.decorators import reauthentication_required
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import address_change, leaving, mail, one_account, personal_data, sign_in_again
from accounts.forms import LanguageForm, LeaveForm, NameForm, SwitchesForm, TimeZoneForm
from accounts.language import remember_language
from accounts.models import Channel, Preferences
from roadmaps.pages.access import paced
from roadmaps.pages.errors import NothingThere


class SignupView(allauth_views.SignupView):
    """allauth's page, for several people who ask for the same name or address at once."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except one_account.TakenMeanwhile:
            response = self._again()
        return response

    def _again(self) -> Any:
        # Checked anew, it says what is taken, or hides it as ever.
        form = self.get_form_class()(**self.get_form_kwargs())
        if not form.is_valid():
            return self.form_invalid(form)
        try:
            return super().form_valid(form)
        except one_account.TakenMeanwhile:
            form.add_error(None, _("Somebody was faster. Try again."))
            return self.form_invalid(form)


signup = SignupView.as_view()


@login_required
@require_safe
def settings_page(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, **forms: Any) -> HttpResponse:
    """The settings page, with `forms` that were sent with errors in the place of fresh ones."""
    user = _user(request)
    preferences = Preferences.of(user)
    context = {
        "name_form": NameForm(instance=User.objects.get(pk=user.pk)),
        "language_form": LanguageForm(initial={"language": translation.get_language()}),
        "time_zone_form": TimeZoneForm(preferences),
        "switches": SwitchesForm(preferences),
        "channels": Channel.labels,
        "pending": EmailAddress.objects.filter(user=user, verified=False, primary=False).first(),
        "second_factor": is_mfa_enabled(user),
        "may_get_mail": mail.may_get_mail(user),
        "providers": sorted(settings.SOCIAL_PROVIDERS),
    }
    return render(request, "accounts/settings.html", context | forms, status=400 if forms else 200)


def _save(
    request: HttpRequest, name: str, form: NameForm | SwitchesForm | TimeZoneForm, success: str
) -> HttpResponse:
    """Save the form, or show the page with its errors; `name` is the form's in the context."""
    if not form.is_valid():
        return _page(request, **{name: form})
    form.save()
    messages.success(request, success)
    return redirect("settings")


@login_required
@require_POST
@reauthentication_required
def change_name(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        one_account.lock_names_and_addresses()
        # A row of its own: a refused name must not become the one in the page's head.
        form = NameForm(request.POST, instance=User.objects.get(pk=_user(request).pk))
        return _save(request, "name_form", form, _("Your name is changed."))


@login_required
@require_POST
def change_language(request: HttpRequest) -> HttpResponse:
    form = LanguageForm(request.POST)
    if not form.is_valid():
        return _page(request, language_form=form)
    preferences = Preferences.of(request.user)
    preferences.language = form.cleaned_data["language"]
    preferences.save()
    with translation.override(preferences.language):
        messages.success(request, _("The language is changed."))
    return remember_language(redirect("settings"), preferences.language)


@login_required
@require_POST
def change_time_zone(request: HttpRequest) -> HttpResponse:
    form = TimeZoneForm(Preferences.of(request.user), request.POST)
    return _save(request, "time_zone_form", form, _("Your time zone is saved."))


@login_required
@require_POST
def change_switches(request: HttpRequest) -> HttpResponse:
    form = SwitchesForm(Preferences.of(request.user), request.POST)
    return _save(request, "switches", form, _("Your choices are saved."))


@login_required
@require_POST
@paced("my_data", "POST")
def my_data(request: HttpRequest) -> HttpResponseBase:
    stream = personal_data.stream(_user(request))
    response = StreamingHttpResponse(stream, content_type="application/zip")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="cairn-my-data-{timezone.localdate()}.zip"'
    )
    return response


@login_required
@paced("delete_account", "POST")
def delete_account(request: HttpRequest) -> HttpResponse:
    """The page that asks before it deletes; a POST with the password deletes and signs out."""
    user = _user(request)
    if not user.has_usable_password():
        sign_in_again.check(request)
    form = LeaveForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            leaving.delete_account(user)
        except ValidationError as exc:
            form.add_error(None, exc)
        else:
            logout(request)
            messages.success(request, _("Your account and everything in it is deleted. Farewell."))
            return redirect("home")
    context = {"form": form, "roadmaps": user.roadmaps.count()}
    return render(request, "accounts/delete.html", context, status=400 if form.errors else 200)


@login_required
@require_safe
def sign_in_again_page(request: HttpRequest) -> HttpResponse:
    """The page for people without a password here: their providers can say who they are."""
    chosen = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(chosen, None)
    then = chosen if is_ours else reverse("settings")
    connected = SocialAccount.objects.filter(
        user=_user(request), provider__in=settings.SOCIAL_PROVIDERS
    )
    providers = [account.get_provider() for account in connected]
    links = [
        (provider.name, provider.get_login_url(request, process="login", next=then))
        for provider in providers
    ]
    return render(request, "accounts/sign_in_again.html", {"links": links})


def withdraw_address(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link to the old address that stops a change; it needs no sign-in.

    Opening the address changes nothing: mail scanners open all of them. Who stops the change has
    shown that the address is theirs, and chooses a new password at once.
    """
    try:
        pending = address_change.read_token(token)
    except ValueError as exc:
        raise NothingThere(
            _("This link is incomplete or too old, or the change was stopped already.")
        ) from exc
    if request.method != "POST":
        return render(request, "accounts/withdraw_address.html", {"token": token})

    user = address_change.withdraw(pending)
    logout(request)
    messages.success(
        request,
        _("The address stays as it was, and every device is signed out. Choose a new password."),
    )
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return redirect("account_reset_password_from_key", *key.split("-", 1))


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
