"""Attacks that the frameworks refuse, as long as nobody switches that off."""

import pickle
import re

import pytest
from django.test import Client
from django.urls import reverse
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

from config.celery import app
from config.values import Rate
from roadmaps.models import Roadmap
from roadmaps.people.numbers import whole_number
from tests import courses
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db
STATED = {
    "goal": "Learn to bake bread",
    "level": "beginner",
    "hours_per_week": 5,
    "weeks": 8,
    "language": "en",
}


def test_a_form_of_another_site_changes_nothing():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(courses.person("owner"))
    assert browser.post(reverse("roadmap_new"), STATED).status_code == 403
    assert not Roadmap.objects.exists()


def test_a_foreign_host_name_is_refused(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_site(client, elsewhere):
    person = courses.person("owner")
    person.set_password("stones-on-stones")
    person.save()
    signed_in = {"login": "owner", "password": "stones-on-stones", "next": elsewhere}
    assert "evil" not in client.post(reverse("account_login"), signed_in).get("Location", "")
    spoken = client.post(reverse("set_language"), {"language": "en", "next": elsewhere})
    assert spoken.get("Location", "") == "/"


def test_workers_take_no_message_that_could_be_code():
    assert list(app.conf.accept_content) == ["json"]
    with pytest.raises(ContentDisallowed):
        loads(
            pickle.dumps("anything"),
            "application/x-python-serialize",
            "binary",
            accept=app.conf.accept_content,
        )


def test_too_often_is_refused_and_others_go_on(settings):
    settings.RATES = settings.RATES | {"design": (Rate(2, 3600, "person"),)}
    browser, other = Client(), Client()
    browser.force_login(courses.person("owner"))
    other.force_login(courses.person("other"))
    told = [browser.post(reverse("roadmap_new"), STATED) for _ in range(3)]
    assert [answer.status_code for answer in told] == [302, 302, 429]
    assert "That was too often" in told[-1].content.decode()
    assert Roadmap.objects.count() == 2
    assert other.post(reverse("roadmap_new"), STATED).status_code == 302


def test_each_threat_of_the_docs_has_its_test():
    """A test by its name, or a file of them."""
    text = (ROOT / "docs/security.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    told = {row: re.findall(r"`(test_\w+|tests/\S+\.py)`", row.split("|")[3]) for row in rows}
    assert len(told) >= 80
    assert [row for row, names in told.items() if not names] == []

    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    names = {name for named in told.values() for name in named}
    assert [
        name for name in sorted(names) if name not in written and not (ROOT / name).is_file()
    ] == []


def test_numbers_that_people_send_are_read_in_one_place():
    """It knows that Python refuses to read 5,000 digits, and what a column holds."""
    apps = ("accounts", "content", "learning", "logs_app", "roadmaps", "sharing")
    readers = [
        str(path.relative_to(ROOT))
        for app in apps
        for path in sorted((ROOT / app).rglob("*.py"))
        if re.search(
            r"\.is(decimal|numeric)\(|\bint\(request\.(?!GET\[\"days\"\])", path.read_text()
        )
    ]
    assert readers == ["roadmaps/people/numbers.py"]


@pytest.mark.parametrize("text", ["", " 1", "-1", "1.0", "²", "٣", "1" * 19, "9" * 5000, "½"])
def test_what_is_no_number_or_beyond_every_column_is_none(text):
    assert whole_number(text) is None
    assert whole_number("9" * 18) == 10**18 - 1
