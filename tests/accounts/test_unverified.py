"""What reaches an address that nobody has shown to be theirs: it may be a stranger's.

Over every mail of an account, by its template: a change of it is told to verified addresses only,
and what must be asked of any address says nothing that somebody has written.
"""

from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.core import context
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import courses
from tests.accounts.test_mail_links import KINDS, TEMPLATES
from tests.accounts.test_signing_in import sign_up

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "www.evil.example"
WORDS = {"user_agent": "evil browser", "from_email": "evil-from@x.org", "to_email": "evil-to@x.org"}


def tells_of_a_change(kind):
    return "base_notification.txt" in (TEMPLATES / f"{kind}_message.txt").read_text()


CHANGES = [kind for kind in KINDS if tells_of_a_change(kind)]
QUESTIONS = [kind for kind in KINDS if not tells_of_a_change(kind)]


@pytest.fixture
def person():
    person = courses.person(NAME)
    person.email = "victim@example.org"
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=False, primary=True)
    return person


@pytest.fixture
def adapter(rf, person):
    request = rf.get("/", HTTP_USER_AGENT=WORDS["user_agent"])
    request.user = person
    with context.request_context(request):
        yield get_adapter()


def facts_of(person) -> dict[str, Any]:
    return WORDS | {
        "user": person,
        "username": person.username,
        "deleted_email": "evil@x.org",
        "code": "ABC",
        "key": "ABC",
        "timestamp": timezone.now(),
        "activate_url": "http://testserver/activate/",
        "password_reset_url": "http://testserver/reset/",
        "signup_url": "http://testserver/signup/",
    }


def test_both_groups_have_members():
    assert len(CHANGES) >= 10
    assert {"account/email/email_confirmation", "account/email/password_reset_key"} <= set(
        QUESTIONS
    )


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_told_to_a_verified_address_only(adapter, person, kind):
    adapter.send_notification_mail(kind, person, facts_of(person))
    adapter.send_notification_mail(kind, person, facts_of(person), email=person.email)
    assert mail.outbox == []
    EmailAddress.objects.update(verified=True)
    adapter.send_notification_mail(kind, person, facts_of(person))
    assert [letter.to for letter in mail.outbox] == [[person.email]]


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_question_says_nothing_that_a_stranger_wrote(adapter, person, kind):
    adapter.send_mail(kind, person.email, facts_of(person))
    (letter,) = mail.outbox
    assert "evil" not in f"{letter.subject}{letter.body}{letter.alternatives}"


@pytest.mark.parametrize("name", ["account_signup", "account_reset_password"])
def test_what_a_stranger_sends_to_a_victim_names_nobody(settings, name):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    sign_up(Client(), NAME, "victim@example.org")
    if name == "account_reset_password":
        Client().post(reverse(name), {"email": "victim@example.org"})
    assert len(mail.outbox) == 1 + (name == "account_reset_password")
    assert all("evil" not in f"{letter.subject}{letter.body}" for letter in mail.outbox)


def test_who_has_shown_it_reads_their_name_when_they_forgot_it(person):
    EmailAddress.objects.update(verified=True)
    Client().post(reverse("account_reset_password"), {"email": person.email})
    assert f"your username is {NAME}" in mail.outbox[0].body


def test_the_old_address_hears_of_the_end_of_a_change_when_it_was_verified(person):
    EmailAddress.objects.update(verified=True)
    new = EmailAddress.objects.create(user=person, email="new@example.org")
    key = EmailConfirmationHMAC(new).key
    Client().post(reverse("account_confirm_email", args=[key]))
    assert ["victim@example.org"] in [letter.to for letter in mail.outbox]
    assert "has been changed" in mail.outbox[-1].body


def test_the_settings_say_why_nothing_comes(person, settings):
    browser = Client()
    browser.force_login(person)
    sentence = "Nothing comes by email until you show that the address is yours."
    assert sentence in browser.get(reverse("settings")).content.decode()
    EmailAddress.objects.update(verified=True)
    assert sentence not in browser.get(reverse("settings")).content.decode()
