"""Signing up and in, its limits, addresses, second factors, and accounts of elsewhere."""

import os
import re
import subprocess
import sys

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.urls import reverse
from redis.exceptions import ConnectionError as Away

from roadmaps.pages.socket_rights import Line, lost
from tests import courses
from tests.accounts.proving import prove
from tests.conftest import ROOT, test_database_url

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "stones-on-stones"


def sign_up(client, name="ann", email="ann@example.org", **changes):
    sent = {
        "username": name,
        "email": email,
        "password1": PASSWORD,
        "password2": PASSWORD,
    } | changes
    return client.post(reverse("account_signup"), sent)


def sign_in(client, login="owner", password="owner"):
    return client.post(reverse("account_login"), {"login": login, "password": password})


PROGRAM = """
import django; django.setup()
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
print({})
"""


def in_another_process(asked, **environment):
    own = {"DATABASE_URL": test_database_url(), "REDIS_URL": settings.REDIS_URL}
    own |= {"DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    command = [sys.executable, "-c", PROGRAM.format(asked)]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, timeout=400
    )


def login_page(**environment):
    return in_another_process("Client().get('/accounts/login/').content.decode()", **environment)


def link_in(message):
    return re.findall(r"http://[^\s/]+(/\S+)", message.body)[0]


def test_signed_up_one_is_in_and_comes_back_by_name_or_address(client):
    assert sign_up(client).url == reverse("roadmap_list")
    for login in ("ann", "ann@example.org"):
        client.logout()
        assert sign_in(client, login, PASSWORD).url == reverse("roadmap_list")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "owner"}, "already exists"),
        ({"email": "not an address"}, "valid email"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password2": "another"}, "same password"),
        ({"name": "admin"}, "can not be used"),
    ],
)
def test_a_bad_sign_up_gets_its_sentence(client, owner, changes, sentence):
    answer = sign_up(client, **changes)
    assert sentence in answer.content.decode()
    assert User.objects.count() == 1


def test_the_sixth_try_is_refused_even_with_the_right_password(client, owner):
    for _ in range(5):
        assert "not correct" in sign_in(client, password="a guess").content.decode()
    answer = sign_in(client)
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_limit_holds_in_every_process(client, owner):
    for _ in range(5):
        sign_in(client, password="a guess")
    tried = "Client().post('/accounts/login/', {'login': 'owner', 'password': 'owner'}).content.decode()"
    assert "Too many failed login attempts" in in_another_process(tried).stdout


def test_people_sign_in_while_the_cache_is_away(client, owner, monkeypatch):
    def away(*_args, **_kwargs):
        raise Away("away")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.get_client", away)
    assert sign_in(client).url == reverse("roadmap_list")


def test_a_password_is_reset_by_mail_once(client, owner):
    client.post(reverse("account_reset_password"), {"email": owner.email})
    link = link_in(mail.outbox[0])
    page = client.get(link, follow=True)
    new = {"password1": PASSWORD, "password2": PASSWORD}
    client.post(page.redirect_chain[-1][0], new)
    assert sign_in(client, password=PASSWORD).status_code == 302
    client.logout()
    assert "used already" in client.get(link, follow=True).content.decode()


def test_a_reset_does_not_tell_whether_there_is_such_an_account(client, owner):
    known = client.post(reverse("account_reset_password"), {"email": owner.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_a_new_address_counts_when_its_link_was_opened(client):
    sign_up(client)
    prove(client, User.objects.get())
    mail.outbox.clear()
    client.post(reverse("account_email"), {"email": "new@example.org", "action_add": ""})
    user = User.objects.get()
    assert user.email == "ann@example.org"
    assert "new@example.org" in client.get(reverse("account_email")).content.decode()
    link = link_in(next(message for message in mail.outbox if message.to == ["new@example.org"]))
    client.get(link)
    assert User.objects.get().email == "ann@example.org"  # to open it is not yet to confirm
    client.post(link)
    assert User.objects.get().email == "new@example.org"
    assert not EmailAddress.objects.filter(email="ann@example.org").exists()


def test_an_address_of_somebody_else_is_not_taken_over(client, owner):
    sign_up(client)
    prove(client, User.objects.get(username="ann"))
    client.post(reverse("account_email"), {"email": owner.email, "action_add": ""})
    assert not EmailAddress.objects.filter(
        user__username="ann", email=owner.email, verified=True
    ).exists()


def test_every_form_needs_a_token(client):
    client.handler.enforce_csrf_checks = True
    for name in ("account_login", "account_signup", "account_reset_password"):
        assert client.post(reverse(name), {}).status_code == 403


def code_of(secret):
    return auth.format_hotp_value(
        auth.hotp_value(secret, next(iter(auth.yield_hotp_counters_from_time())))
    )


@pytest.fixture
def admin(client):
    admin = User.objects.create_superuser("root", password="root")
    sign_in(client, "root", "root")
    return admin


def test_staff_without_a_second_factor_are_led_to_it_where_it_is_asked_for(client, admin, settings):
    assert client.get(reverse("admin:index")).status_code == 200
    settings.REQUIRE_STAFF_MFA = True
    assert client.get(reverse("admin:roadmaps_review_changelist")).url == reverse(
        "mfa_activate_totp"
    )
    assert client.post(reverse("admin:roadmaps_review_changelist")).url == reverse(
        "mfa_activate_totp"
    )
    assert (
        "Staff need a second factor"
        in client.get(reverse("mfa_activate_totp"), follow=True).content.decode()
    )
    assert client.get(reverse("roadmap_list")).status_code == 200
    auth.TOTP.activate(admin, auth.generate_totp_secret())
    assert client.get(reverse("admin:index")).status_code == 200


def sockets_of(person, roadmap):
    """The codes with which the sockets of a roadmap and of the inbox refuse."""
    session = Session.objects.get().pk
    lines = [
        Line(person.pk, session, person.get_session_auth_hash(), pk) for pk in (roadmap.pk, None)
    ]
    codes = lost(lines)
    return [codes.get(line, 0) for line in lines]


def test_staff_without_a_second_factor_see_of_others_what_a_learner_sees(
    client, admin, owner, settings
):
    roadmap = courses.requested(owner)
    settings.REQUIRE_STAFF_MFA = True
    own = courses.requested(admin)
    export = reverse("roadmap_export", args=[roadmap.pk, "json"])
    assert [client.get(page).status_code for page in (roadmap.get_absolute_url(), export)] == [
        404,
        404,
    ]
    assert client.get(own.get_absolute_url()).status_code == 200
    assert sockets_of(admin, roadmap) == [4404, 4403]
    auth.TOTP.activate(admin, auth.generate_totp_secret())
    assert client.get(roadmap.get_absolute_url()).status_code == 200
    assert sockets_of(admin, roadmap) == [0, 0]


def test_learners_are_not_asked_for_a_second_factor(client, owner, settings):
    settings.REQUIRE_STAFF_MFA = True
    sign_in(client)
    assert client.get(reverse("roadmap_list")).status_code == 200
    assert client.get(reverse("admin:index")).status_code in (302, 403)


def test_a_second_factor_is_set_up_on_its_page_and_asked_for_at_the_next_sign_in(
    client, admin, monkeypatch
):
    counters = list(auth.yield_hotp_counters_from_time())
    monkeypatch.setattr(
        auth, "yield_hotp_counters_from_time", lambda: counters
    )  # a code lasts until the test ends
    assert client.get(reverse("mfa_activate_totp")).url.startswith(
        reverse("account_reauthenticate")
    )
    client.post(reverse("account_reauthenticate"), {"password": "root"})
    assert (
        "Incorrect code"
        in client.post(reverse("mfa_activate_totp"), {"code": "000000"}).content.decode()
    )
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    client.logout()
    assert sign_in(client, "root", "root").url == reverse("mfa_authenticate")
    assert client.get(reverse("roadmap_list")).status_code == 302  # not in yet


def test_there_is_no_side_door_past_the_second_factor(client, admin):
    auth.TOTP.activate(admin, auth.generate_totp_secret())
    client.logout()
    answer = client.post(reverse("admin:login"), {"username": "root", "password": "root"})
    assert answer.url.startswith(reverse("account_login"))
    assert (
        client.get(reverse("admin:index"), follow=True)
        .redirect_chain[-1][0]
        .startswith(reverse("account_login"))
    )


def test_a_provider_has_a_button_only_when_it_is_configured(client):
    assert "/accounts/github/" not in client.get(reverse("account_login")).content.decode()
    configured = {"SOCIAL_GITHUB_CLIENT_ID": "cairn", "SOCIAL_GITHUB_SECRET": "secret"}
    shown = login_page(SOCIAL_PROVIDERS="github", **configured)
    assert "/accounts/github/login/" in shown.stdout, shown.stderr
    assert "/accounts/google/" not in shown.stdout


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"SOCIAL_PROVIDERS": "github", "SOCIAL_GITHUB_CLIENT_ID": "x"},
            "SOCIAL_GITHUB_SECRET: needed",
        ),
        (
            {"SOCIAL_PROVIDERS": "myspace"},
            "unknown myspace; known are github, gitlab, google, microsoft",
        ),
        ({"ACCOUNT_EMAIL_VERIFICATION": "perhaps"}, "one of none, optional, mandatory"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_names_itself(environment, sentence):
    refused = login_page(**environment)
    assert refused.returncode
    assert sentence in refused.stderr


def test_strangers_cannot_read_anothers_recovery_codes(client, owner):
    courses.person("stranger")
    sign_in(client, "stranger", "stranger")
    auth.TOTP.activate(owner, auth.generate_totp_secret())
    assert client.get(reverse("mfa_view_recovery_codes")).status_code in (302, 404)
