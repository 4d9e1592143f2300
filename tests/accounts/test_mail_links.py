"""Links in mails lead to the configured address, whatever name a request calls us by."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.mail import send_notices
from roadmaps.models import Review
from roadmaps.review.reminders import remind_reviewers
from roadmaps.services import decide_review
from tests import courses
from tests.accounts.proving import prove
from tests.conftest import ROOT

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
    settings.ALLOWED_HOSTS = ["stranger.example", "localhost"]
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


def links_of(letter):
    """Every address in a letter, its headers and its other forms."""
    text = f"{letter.body}\n{letter.extra_headers}\n{getattr(letter, 'alternatives', '')}"
    return set(re.findall(r"\b\w+://[^\s<>\"')]+", text))


def all_lead_home(letters):
    assert letters
    for letter in letters:
        assert links_of(letter)
        assert [link for link in links_of(letter) if not link.startswith(f"{SITE}/")] == []
        assert not re.search(r"localhost|127\.0\.0\.1|testserver|6666|stranger", whole(letter))


def test_there_are_mails_to_look_at():
    assert {"account/email/password_reset_key", "account/email/email_confirmation_signup"} <= set(
        KINDS
    )


HOSTS = ("stranger.example:9999", "localhost:6666", "localhost")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_of_an_account_names_the_host_of_the_request(
    learner, rf: RequestFactory, kind, host
):
    request = rf.get("/", HTTP_HOST=host)
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
    assert host not in whole(letter)
    assert [link for link in links_of(letter) if not link.startswith(f"{SITE}/")] == []
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
    for host in HOSTS:
        mail.outbox.clear()
        cache.clear()  # of the tries so far
        client.post(reverse(name), fields | words, headers={"host": host})
        all_lead_home(mail.outbox)
        User.objects.filter(username="new").delete()
        client.logout()


# Our own mails, by their templates; those of a request are asked for under a foreign address.


def notice(learner, _request):
    roadmap = courses.designed(learner)
    decide_review(roadmap.reviews.get(), "REJECTED", by=courses.reviewer(), comment="No")
    send_notices()


def address_change(learner, request):
    request["browser"].force_login(learner)
    prove(request["browser"], learner)
    words = {"email": "new@example.org", "action_add": ""}
    request["browser"].post(reverse("account_email"), words, headers=request["headers"])


def expert_link(learner, request):
    review = courses.designed(learner).reviews.get()
    request["browser"].force_login(courses.reviewer())
    words = {"name": "Dr. Rye", "email": "rye@example.org", "draft": "1"}
    address = reverse("admin:roadmaps_review_act", args=[review.pk, "link"])
    request["browser"].post(address, words, headers=request["headers"])


def reminder(hours):
    def remind(learner, _request):
        User.objects.create_superuser("admin", "admin@example.org")
        courses.designed(learner)
        Review.objects.update(due_at=timezone.now() + timedelta(hours=hours))
        remind_reviewers()

    return remind


MAILS = {
    "accounts/mail/notice.txt": notice,
    "accounts/mail/address_change.txt": address_change,
    "roadmaps/mail/expert_link.txt": expert_link,
    "roadmaps/mail/reminded.txt": reminder(3),
    "roadmaps/mail/escalated.txt": reminder(-1),
}
# Whoever sends a mail, and by which of the templates.
SENDERS = {
    "accounts/address_change.py",
    "accounts/mail.py",
    "roadmaps/admin/desk/acts.py",
    "roadmaps/review/reminders.py",
}


def test_every_mail_of_ours_is_looked_at():
    templates = ROOT / "templates"
    assert set(MAILS) == {
        str(path.relative_to(templates)) for path in templates.glob("**/mail/*.txt")
    }
    sending = re.compile(
        r"EmailM\w+\(|\bsend_mail\(\"|\bsend_mail\(subject|mail_admins|\.email_user\("
    )
    apps = ("accounts", "config", "content", "learning", "logs_app", "roadmaps", "sharing")
    assert {
        str(path.relative_to(ROOT))
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if sending.search(path.read_text())
    } == SENDERS


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("template", MAILS)
def test_every_link_of_our_mails_leads_home(client, learner, template, host):
    MAILS[template](learner, {"browser": client, "headers": {"host": host}})
    all_lead_home(mail.outbox)
