"""Secrets of second factors: encrypted in the database, read by the keys that the settings name."""

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from accounts.second_factors import UnreadableSecret, decrypt
from accounts.tasks import encrypt_second_factors
from roadmaps.operations import health

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"
SEED = "5eed" * 20


def code_of(secret):
    counter = next(iter(auth.yield_hotp_counters_from_time()))
    return auth.format_hotp_value(auth.hotp_value(secret, counter))


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch):
    """A code lasts until the test ends."""
    counters = list(auth.yield_hotp_counters_from_time())
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: counters)


@pytest.fixture
def of_the_release_before(owner):
    """Rows as a release without encryption has written them."""
    return [
        Authenticator.objects.create(user=owner, type="totp", data={"secret": SECRET}),
        Authenticator.objects.create(
            user=owner, type="recovery_codes", data={"seed": SEED, "used_mask": 2}
        ),
    ]


def in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        return cursor.fetchone()[0]


def rotate(settings, *keys):
    settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = keys


def sign_in(client, code):
    client.logout()
    cache.clear()  # where it is kept that a code was used
    client.post(reverse("account_login"), {"login": "owner", "password": "owner"})
    return client.post(reverse("mfa_authenticate"), {"code": code})


def test_a_secret_that_is_set_up_is_encrypted_and_its_codes_are_good(client, owner):
    auth.TOTP.activate(owner, SECRET)
    codes = RecoveryCodes.activate(owner)
    assert SECRET not in in_the_database()
    assert in_the_database().count('"fernet:') == 2
    first, second, *_ = codes.generate_codes()
    assert sign_in(client, code_of(SECRET)).url == reverse("roadmap_list")
    assert sign_in(client, first).url == reverse("roadmap_list")
    assert sign_in(client, first).status_code == 200  # used
    assert sign_in(client, second).url == reverse("roadmap_list")


def test_no_secret_stands_beside_another_that_is_the_same(owner, ada):
    for person in (owner, ada):
        auth.TOTP.activate(person, SECRET)
    first, second = Authenticator.objects.values_list("data__secret", flat=True)
    assert first != second


def test_secrets_of_the_release_before_are_read_and_encrypted(client, of_the_release_before):
    assert sign_in(client, code_of(SECRET)).url == reverse("roadmap_list")
    codes = RecoveryCodes(of_the_release_before[1]).get_unused_codes()
    assert encrypt_second_factors() == {"rewritten": 2, "unreadable": 0}
    assert SECRET not in in_the_database()
    assert SEED not in in_the_database()
    assert encrypt_second_factors() == {"rewritten": 0, "unreadable": 0}
    assert sign_in(client, code_of(SECRET)).url == reverse("roadmap_list")
    row = Authenticator.objects.get(type="recovery_codes")
    assert RecoveryCodes(row).get_unused_codes() == codes
    assert row.data["used_mask"] == 2


def test_codes_that_came_from_elsewhere_are_encrypted_too(owner):
    data = {"migrated_codes": ["abc123", "def456"]}
    row = Authenticator.objects.create(user=owner, type="recovery_codes", data=data)
    encrypt_second_factors()
    assert "abc123" not in in_the_database()
    row.refresh_from_db()
    assert RecoveryCodes(row).get_unused_codes() == ["abc123", "def456"]


def test_a_new_key_reads_what_the_one_before_has_written_until_all_is_written_by_the_new_one(
    client, owner, settings
):
    before = settings.SECRET_KEY
    auth.TOTP.activate(owner, SECRET)
    rotate(settings, "a new key", before)
    assert sign_in(client, code_of(SECRET)).url == reverse("roadmap_list")
    assert encrypt_second_factors() == {"rewritten": 1, "unreadable": 0}
    rotate(settings, "a new key")
    assert sign_in(client, code_of(SECRET)).url == reverse("roadmap_list")
    rotate(settings, before)
    assert sign_in(client, code_of(SECRET)).status_code == 200


def test_with_a_key_that_is_lost_nobody_gets_in_and_doctor_says_so(client, owner, settings):
    auth.TOTP.activate(owner, SECRET)
    assert [finding.state for finding in health.second_factors()] == [health.OK]
    rotate(settings, "another key")
    for code in (code_of(SECRET), code_of(""), "000000"):
        answer = sign_in(client, code)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "read your second factor any more. Please ask the staff to remove it." in page
    with pytest.raises(UnreadableSecret):
        decrypt(Authenticator.objects.get().data["secret"])
    (finding,) = health.second_factors()
    assert finding.state == health.FAIL
    assert "SECRET_KEY_FALLBACKS" in finding.remedy
    kept = in_the_database()
    with pytest.raises(CommandError, match="1 can't be read"):
        call_command("second_factors")
    assert in_the_database() == kept


def test_before_an_older_release_the_secrets_are_written_as_it_reads_them(
    of_the_release_before, capsys
):
    as_before = json.dumps([row.data for row in of_the_release_before])
    call_command("second_factors")
    call_command("second_factors", "--decrypt")
    assert capsys.readouterr().out == "2 written anew\n2 written anew\n"
    assert (
        json.dumps(list(Authenticator.objects.order_by("pk").values_list("data", flat=True)))
        == as_before
    )
