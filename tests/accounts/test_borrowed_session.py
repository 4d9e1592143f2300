"""Whoever borrows a browser that is signed in does not get the account."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.core.context import request_context
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from allauth.socialaccount.internal.flows.connect import do_connect
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail, signing
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse

from accounts import address_change
from tests import courses
from tests.accounts.proving import prove
from tests.pages.test_impossible_input import routes

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "https://cairn.example.com"
NEW = "new@example.org"

# What is sent to each address of an account that changes how one signs in, or shows a secret.
PROVED: dict[str, dict[str, str]] = {
    "settings_name": {"username": "taken-over"},
    "account_email": {"email": NEW, "action_add": ""},
    "account_email: primary": {"email": "second@example.org", "action_primary": ""},
    "account_email: remove": {"email": "second@example.org", "action_remove": ""},
    "account_set_password": {"password1": "stones-on-stones", "password2": "stones-on-stones"},
    "mfa_activate_totp": {"code": "000000"},
    "mfa_deactivate_totp": {},
    "mfa_generate_recovery_codes": {},
    "mfa_view_recovery_codes": {},
    "mfa_download_recovery_codes": {},
    "socialaccount_connections": {"account": "1"},
}
# The others, and why they ask for no proof of their own.
ASK_FOR_THE_PASSWORD = {"account_change_password", "account_delete", "account_reauthenticate"}
ASK_FOR_A_CODE = {"mfa_authenticate", "mfa_reauthenticate", "account_confirm_login_code"}
BEHIND_A_SIGNED_LINK = {
    "account_confirm_email",
    "account_reset_password_from_key",
    "unsubscribe",
    "withdraw_address",
}
CHANGE_NO_CREDENTIAL = {
    "settings",
    "settings_language",
    "settings_time_zone",
    "settings_switches",
    "sign_in_again",
    "my_data",
    "notice_list",
    "notice_open",
    "notices_read",
    "notice_bell",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "mfa_index",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
}


@pytest.fixture(autouse=True)
def site(settings):
    settings.PUBLIC_URL = SITE


def with_addresses(person, verified=True):
    person.email = f"{person.username}@example.org"
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=verified, primary=True)
    return person


@pytest.fixture
def with_password():
    return with_addresses(courses.person("learner"))


@pytest.fixture
def of_elsewhere():
    """A person of another provider, without a password here."""
    person = with_addresses(User.objects.create_user("elsewhere"))
    SocialAccount.objects.create(pk=1, user=person, provider="github", uid="1")
    return person


def borrowed(person):
    """A browser that is signed in, and has given no proof since."""
    browser = Client()
    browser.force_login(person)
    return browser


def kept(person):
    """All that one signs in with."""
    person = User.objects.get(pk=person.pk)
    return (
        (person.username, person.email, person.password),
        list(EmailAddress.objects.filter(user=person).order_by("pk").values()),
        list(person.authenticator_set.order_by("pk").values("pk", "data")),
        list(SocialAccount.objects.filter(user=person).values("pk")),
    )


def test_every_address_of_accounts_is_known_here():
    names = {
        name
        for name, route, _view in routes(get_resolver().url_patterns)
        if route.startswith("accounts/") and "social/" not in route
    }
    groups = [
        {name.partition(":")[0] for name in PROVED},
        ASK_FOR_THE_PASSWORD,
        ASK_FOR_A_CODE,
        BEHIND_A_SIGNED_LINK,
        CHANGE_NO_CREDENTIAL,
    ]
    assert names == set().union(*groups)
    assert sum(map(len, groups)) == len(names)


def prepared(name, person):
    """What the address is about is there already."""
    if name.startswith("account_email: "):
        EmailAddress.objects.create(user=person, email="second@example.org", verified=True)
    if "recovery" in name or "deactivate" in name:
        auth.TOTP.activate(person, auth.generate_totp_secret())
        RecoveryCodes.activate(person)


def proof_of(person):
    if person.authenticator_set.exists() and not person.has_usable_password():
        return reverse("mfa_reauthenticate")
    if person.has_usable_password():
        return reverse("account_reauthenticate")
    return reverse("sign_in_again")


@pytest.mark.parametrize("name", PROVED)
@pytest.mark.parametrize("who", ["with_password", "of_elsewhere"])
def test_a_borrowed_session_changes_nothing(request, who, name):
    person = request.getfixturevalue(who)
    if name == "account_set_password" and person.has_usable_password():
        return  # led to the page that asks for the password in use
    prepared(name, person)
    browser, before = borrowed(person), kept(person)
    if name == "socialaccount_connections" and not person.has_usable_password():
        person.set_password("kept")  # else the last provider is never removed
        person.save()
        browser, before = borrowed(person), kept(person)
    if name == "socialaccount_connections":
        SocialAccount.objects.update_or_create(
            pk=1, defaults={"user": person, "provider": "github", "uid": "1"}
        )
        before = kept(person)
    address = reverse(name.partition(":")[0])
    answer = browser.post(address, PROVED[name])
    if answer.status_code == 405:
        answer = browser.get(address)
    assert answer.status_code == 302
    assert answer.url.startswith(proof_of(person)), answer.url
    assert kept(person) == before


def test_a_borrowed_session_connects_no_account_of_a_provider(with_password):
    request: Any = RequestFactory().get("/")
    request.session, request.user = SessionStore(), with_password
    login = SocialLogin(user=User(), account=SocialAccount(provider="github", uid="7"))
    with request_context(request), pytest.raises(ReauthenticationRequired):
        do_connect(request, login)
    assert not SocialAccount.objects.exists()


def test_a_borrowed_session_deletes_no_account_without_a_password(of_elsewhere):
    answer = borrowed(of_elsewhere).post(reverse("account_delete"), {"name": "elsewhere"})
    assert answer.url.startswith(reverse("sign_in_again"))
    assert User.objects.filter(pk=of_elsewhere.pk).exists()


def test_who_gives_the_password_goes_on_where_they_were(with_password):
    browser = borrowed(with_password)
    asked = browser.post(reverse("settings_name"), {"username": "renamed"})
    assert "Incorrect password" in browser.post(asked.url, {"password": "no"}).content.decode()
    assert browser.post(asked.url, {"password": "learner"}).url == reverse("settings")
    assert User.objects.get().username == "renamed"


def test_who_came_from_elsewhere_changes_it_soon_after_they_signed_in(of_elsewhere):
    browser = borrowed(of_elsewhere)
    words = PROVED["account_set_password"]
    patience = django_settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    prove(browser, of_elsewhere, ago=patience + 1, method="socialaccount")
    asked = browser.post(reverse("account_set_password"), words)
    assert asked.url.startswith(reverse("sign_in_again"))
    page = browser.get(asked.url).content.decode()
    assert "show that it&#x27;s you" in page or "show that it's you" in page
    prove(browser, of_elsewhere, method="socialaccount")
    browser.post(reverse("account_set_password"), words)
    assert User.objects.get().has_usable_password()


def test_signing_in_again_leads_to_our_own_pages_only(of_elsewhere):
    page = borrowed(of_elsewhere).get(reverse("sign_in_again"), {"next": "https://evil.example/"})
    assert page.status_code == 200  # also when its provider is not offered any more
    assert all("evil.example" not in link for _name, link in page.context["links"])


def ask_for_a_new_address(person, proof="learner"):
    browser = borrowed(person)
    asked = browser.post(reverse("account_email"), PROVED["account_email"])
    browser.post(asked.url, {"password": proof})
    return browser


def stop_in(message):
    return re.search(rf"{SITE}(/accounts/withdraw/\S+)", message.body).group(1)


def test_the_old_address_is_told_before_the_new_one_is_asked(with_password):
    ask_for_a_new_address(with_password)
    assert [letter.to for letter in mail.outbox] == [["learner@example.org"], [NEW]]
    told = mail.outbox[0]
    assert NEW in told.body
    assert f"{SITE}/accounts/withdraw/" in told.body
    assert User.objects.get().email == "learner@example.org"


def test_who_has_the_old_address_stops_it_without_signing_in(with_password):
    browser, visitor = ask_for_a_new_address(with_password), Client()
    confirm = re.search(rf"{SITE}(/accounts/confirm-email/\S+)", str(mail.outbox[1].body)).group(1)
    address = stop_in(mail.outbox[0])

    assert "Keep your email address?" in visitor.get(address).content.decode()
    assert EmailAddress.objects.filter(email=NEW).exists()  # mail scanners open all addresses

    answer = visitor.post(address, follow=True)
    assert answer.redirect_chain[0][0].startswith("/accounts/password/reset/key/")
    assert 'name="password1"' in answer.content.decode()
    assert not EmailAddress.objects.filter(email=NEW).exists()
    assert browser.get(reverse("settings")).status_code == 302  # signed out
    visitor.post(confirm)
    assert User.objects.get().email == "learner@example.org"

    words = {"password1": "stones-on-stones", "password2": "stones-on-stones"}
    visitor.post(answer.redirect_chain[-1][0], words)
    assert User.objects.get().check_password("stones-on-stones")
    assert visitor.get(address).status_code == 404  # it works once


def test_a_link_to_stop_it_is_ours_in_time_and_for_what_waits(with_password, settings):
    ask_for_a_new_address(with_password)
    address = stop_in(mail.outbox[0])
    visitor = Client()
    pending = EmailAddress.objects.get(email=NEW)
    forged = signing.dumps([with_password.pk, pending.pk], salt="another")
    assert visitor.post(reverse("withdraw_address", args=[forged])).status_code == 404
    stranger = signing.dumps([courses.person("b").pk, pending.pk], salt=address_change.SALT)
    assert visitor.post(reverse("withdraw_address", args=[stranger])).status_code == 404
    settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = -1
    assert visitor.post(address).status_code == 404
    settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
    EmailAddress.objects.filter(pk=pending.pk).update(verified=True)
    assert visitor.post(address).status_code == 404
    assert User.objects.get(pk=with_password.pk).has_usable_password()


def test_a_change_that_the_old_address_can_not_be_told_does_not_begin(with_password, monkeypatch):
    def away(_message):
        raise OSError("no mail server")

    monkeypatch.setattr(mail.EmailMessage, "send", away)
    with pytest.raises(OSError, match="no mail server"):
        ask_for_a_new_address(with_password)
    assert not EmailAddress.objects.filter(email=NEW).exists()


def test_an_old_address_that_may_be_a_strangers_reads_nobodys_words():
    person = with_addresses(courses.person("learner"), verified=False)
    person.email = "learner@example.org"
    ask_for_a_new_address(person)
    assert mail.outbox[0].to == ["learner@example.org"]
    assert NEW not in mail.outbox[0].body
    assert "learner" not in mail.outbox[0].body


def test_who_has_no_address_gives_the_first_one():
    person = courses.person("learner")
    User.objects.update(email="")
    ask_for_a_new_address(person)
    assert [letter.to for letter in mail.outbox] == [[NEW]]
