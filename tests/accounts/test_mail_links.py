"""Links in mails lead to the configured address, whatever name a request calls us by."""

from pathlib import Path
from typing import Any

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from django.core import mail
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "https://cairn.example.com"
TEMPLATES = Path(allauth.__file__).parent / "templates"
KINDS = sorted(
    str(path.relative_to(TEMPLATES)).removesuffix("_message.txt")
    for path in TEMPLATES.glob("*/email/*_message.txt")
    if not path.name.startswith("base_")
)


@pytest.fixture(autouse=True)
def site(settings):
    settings.PUBLIC_URL = SITE
    settings.ALLOWED_HOSTS = ["stranger.example"]
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def learner():
    person = courses.person("learner")
    person.email = "learner@example.org"
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def whole(letter):
    return f"{letter.subject}\n{letter.body}"


def test_there_are_mails_to_look_at():
    assert {"account/email/password_reset_key", "account/email/email_confirmation_signup"} <= set(
        KINDS
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_of_an_account_names_the_host_of_the_request(learner, rf: RequestFactory, kind):
    request = rf.get("/", HTTP_HOST="stranger.example:9999")
    request.user = learner
    links = ("password_reset_url", "activate_url", "signup_url")
    facts: dict[str, Any] = {
        name: request.build_absolute_uri(f"/accounts/{name}/?next=/a") for name in links
    }
    facts |= {
        "user": learner,
        "code": "ABC",
        "key": "ABC",
        "timestamp": timezone.now(),
        "ip": "::1",
        "user_agent": "x",
    }
    facts |= {
        "from_email": "a@example.org",
        "to_email": "b@example.org",
        "deleted_email": "a@example.org",
    }
    with context.request_context(request):
        get_adapter().send_mail(kind, learner.email, facts)
    (letter,) = mail.outbox
    assert letter.subject.startswith("[Cairn] ")
    assert "stranger.example" not in whole(letter)
    assert all(
        f"{SITE}/accounts/{name}/?next=/a" in letter.body
        for name in links
        if f"/{name}/" in letter.body
    )


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("account_reset_password", {"email": "learner@example.org"}),
        ("account_reset_password", {"email": "nobody@example.org"}),
        ("account_signup", {"username": "new", "email": "new@example.org"}),
        ("account_signup", {"username": "new", "email": "learner@example.org"}),
    ],
)
def test_what_a_strangers_request_has_mailed_leads_home(client, learner, name, fields):
    words = {"password1": "stones-on-stones", "password2": "stones-on-stones"}
    client.post(reverse(name), fields | words, headers={"host": "stranger.example"})
    (letter,) = mail.outbox
    assert f"{SITE}/accounts/" in letter.body
    assert "stranger.example" not in whole(letter)
