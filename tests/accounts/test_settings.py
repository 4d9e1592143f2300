"""The settings page, one's own data, and leaving."""

import io
import json
import zipfile

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from accounts import leaving, mail
from accounts.models import NoticeKind, Preferences
from roadmaps.engine import leases
from roadmaps.exceptions import LeaseLost
from roadmaps.models import ErasedThread, Review, Roadmap
from roadmaps.removal import personal_data
from roadmaps.services import decide_review
from tests import courses
from tests.accounts.proving import prove

pytestmark = pytest.mark.django_db(transaction=True)


def page(browser):
    return browser.get(reverse("settings")).content.decode()


def test_every_page_of_the_settings_is_for_the_signed_in_only(client):
    for name in ("settings", "account_delete", "notice_list", "roadmap_trash_list"):
        assert client.get(reverse(name)).url.startswith(reverse("account_login"))
    for name in (
        "settings_name",
        "settings_language",
        "settings_time_zone",
        "settings_switches",
        "my_data",
        "account_delete",
        "notices_read",
    ):
        assert client.post(reverse(name)).url.startswith(reverse("account_login"))


def test_what_changes_something_needs_a_token(client, owner):
    client.force_login(owner)
    client.handler.enforce_csrf_checks = True
    for name in (
        "settings_name",
        "settings_language",
        "settings_time_zone",
        "settings_switches",
        "my_data",
        "account_delete",
        "notices_read",
    ):
        assert (
            client.post(reverse(name), {"password": "owner", "username": "x"}).status_code == 403
        ), name
    assert User.objects.get().username == "owner"


def test_a_name_is_changed(browser, owner):
    prove(browser, owner)
    browser.post(reverse("settings_name"), {"username": "Owen"})
    owner.refresh_from_db()
    assert owner.username == "Owen"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "This field is required"),
        ("other", "already exists"),
        ("OTHER", "already exists"),
        ("a b", "Enter a valid username"),
        ("support", "can not be used"),
        ("x" * 151, "at most 150"),
    ],
)
def test_a_bad_name_gets_its_sentence_and_changes_nothing(browser, owner, name, sentence):
    courses.person("other")
    prove(browser, owner)
    answer = browser.post(reverse("settings_name"), {"username": name})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    owner.refresh_from_db()
    assert owner.username == "owner"


def test_a_language_is_remembered_for_the_pages_and_the_next_device(browser, owner, client):
    answer = browser.post(reverse("settings_language"), {"language": "zh-hans"})
    assert answer.cookies["django_language"].value == "zh-hans"
    assert Preferences.of(owner).language == "zh-hans"
    client.cookies.clear()
    answer = client.post(reverse("account_login"), {"login": "owner", "password": "owner"})
    assert answer.cookies["django_language"].value == "zh-hans"


def test_an_unknown_language_is_refused(browser, owner):
    answer = browser.post(reverse("settings_language"), {"language": "tlh"})
    assert answer.status_code == 400
    assert "Select a valid choice" in answer.content.decode()
    assert Preferences.of(owner).language == ""


def test_switches_show_the_defaults_and_keep_what_is_chosen(browser, owner):
    defaults = {kind for kind in NoticeKind if Preferences.of(owner).wants(kind, "mail")}
    assert defaults == {"READY", "REJECTED", "FAILED"}
    browser.post(
        reverse("settings_switches"),
        {"APPROVED.mail": "on", "READY.page": "on", "NONSENSE.fax": "on"},
    )
    chosen = Preferences.of(owner)
    assert [kind for kind in NoticeKind if chosen.wants(kind, "mail")] == ["APPROVED"]
    assert [kind for kind in NoticeKind if chosen.wants(kind, "page")] == ["READY"]
    assert "NONSENSE" not in json.dumps(chosen.switches)


def test_the_page_asks_as_often_with_many_roadmaps(browser, owner, django_assert_max_num_queries):
    for _ in range(3):
        courses.requested(owner)
    with django_assert_max_num_queries(12):
        page(browser)


def my_data(browser):
    answer = browser.post(reverse("my_data"))
    assert answer["Content-Type"] == "application/zip"

    async def read():
        return b"".join([piece async for piece in answer.streaming_content])

    with zipfile.ZipFile(io.BytesIO(async_to_sync(read)())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_my_data_is_everything_of_mine_and_nothing_of_others(browser, owner, reviewer):
    courses.requested(courses.person("other"), goal="Learn to play the viola da gamba")
    roadmap = courses.designed(owner)
    decide_review(roadmap.reviews.get(), "APPROVED", by=reviewer, comment="Fine")
    courses.advance(courses.advance(roadmap))
    files = my_data(browser)
    account = json.loads(files["account.json"])
    assert (account["name"], account["email"]) == ("owner", "owner@example.org")
    told = json.loads(files[f"roadmaps/{roadmap.pk}.json"])
    assert told["request"]["goal"] == courses.GOAL
    assert told["drafts"][0]["plan"]["stages"]
    assert told["reviews"][0]["comment"] == "Fine"
    assert [line["kind"] for line in told["history"]] == ["OPENED", "DECIDED"]
    assert told["events"]
    course = json.loads(files[f"courses/{roadmap.pk}.json"])
    modules = [module for stage in course["stages"] for module in stage["modules"]]
    assert all(concept["tutorial"] for module in modules for concept in module["concepts"])
    assert {one["kind"] for one in json.loads(files["notices.json"])} == {"APPROVED", "READY"}
    assert {"learning/readings.json", "learning/attempts.json", "sharing/shares.json"} <= set(files)
    assert "viola" not in "".join(files.values())
    assert owner.password not in "".join(files.values())


def test_another_app_adds_its_part(browser):
    def notes_of(user):
        yield "notes", [user.get_username()]

    personal_data.part(notes_of)
    try:
        assert json.loads(my_data(browser)["notes.json"]) == ["owner"]
    finally:
        personal_data.parts.remove(notes_of)


def test_my_data_is_a_post_and_not_asked_for_without_end(browser):
    assert browser.get(reverse("my_data")).status_code == 405
    answers = [browser.post(reverse("my_data")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "That was too often" in answers[-1].content.decode()


def test_leaving_deletes_everything_at_once_and_signs_out(browser, owner):
    running, ready = courses.requested(owner), courses.designed(owner)
    with leases.hold(running.pk, lambda: 1) as held:
        answer = browser.post(reverse("account_delete"), {"password": "owner"}, follow=True)
        assert "Farewell" in answer.content.decode()
        with pytest.raises(LeaseLost), held.writing():
            pass
    assert not User.objects.exists()
    assert not Roadmap.objects.exists()
    assert ErasedThread.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM checkpoints.checkpoints WHERE thread_id = %s",
            [str(ready.thread_id)],
        )
        assert cursor.fetchone() == (0,)
    assert browser.get(reverse("settings")).status_code == 302


@pytest.mark.parametrize("sent", [{}, {"password": ""}, {"password": "a guess"}, {"name": "owner"}])
def test_nobody_leaves_without_the_password(browser, owner, sent):
    answer = browser.post(reverse("account_delete"), sent)
    assert answer.status_code == 400
    assert User.objects.filter(pk=owner.pk).exists()


def test_who_has_no_password_types_the_name(client):
    user = User.objects.create_user("elsewhere")
    client.force_login(user)
    prove(client, user, method="socialaccount")
    assert client.post(reverse("account_delete"), {"name": "somebody"}).status_code == 400
    client.post(reverse("account_delete"), {"name": "elsewhere"})
    assert not User.objects.exists()


def test_the_password_is_not_guessed_here(browser, owner):
    answers = [
        browser.post(reverse("account_delete"), {"password": "a guess"}).status_code
        for _ in range(6)
    ]
    assert answers == [400] * 5 + [429]


def test_the_last_superuser_stays(client):
    admin = User.objects.create_superuser("admin", password="admin")
    client.force_login(admin)
    answer = client.post(reverse("account_delete"), {"password": "admin"})
    assert "only superuser" in answer.content.decode()
    assert User.objects.filter(pk=admin.pk).exists()
    User.objects.create_superuser("another")
    leaving.delete_account(admin)
    assert not User.objects.filter(username="admin").exists()


def test_what_a_reviewer_decided_for_others_stays_by_name(owner, reviewer):
    review = courses.designed(owner).reviews.get()
    decide_review(review, "APPROVED", by=reviewer, comment="Fine")
    leaving.delete_account(reviewer)
    review = Review.objects.get()
    assert (review.status, review.decider, review.comment) == ("APPROVED", "reviewer", "Fine")
    assert review.events.last().actor_name == "reviewer"


def test_a_user_deleted_in_the_admin_leaves_nothing_either(admin_client, owner):
    roadmap = courses.designed(owner)
    admin_client.post(reverse("admin:auth_user_delete", args=[owner.pk]), {"post": "yes"})
    assert not User.objects.filter(pk=owner.pk).exists()
    assert ErasedThread.objects.get().roadmap_id == roadmap.pk


def test_mail_is_not_promised_to_who_has_no_address(browser, owner):
    owner.email = ""
    owner.save()
    assert "nothing can come by e-mail" in page(browser)
    assert not mail.may_get_mail(owner)
