"""What a person is told, where, and each once."""

import threading

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import mail, notices
from accounts.models import Notice, NoticeKind, Preferences
from roadmaps.engine import recovery
from roadmaps.models import Review, Roadmap, RoadmapStatus
from roadmaps.review.reminders import remind_reviewers
from roadmaps.services import decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(user):
    return list(Notice.objects.filter(user=user).order_by("id").values_list("kind", flat=True))


def rejected(owner, reviewer, comment="We have <no> bakers & ovens"):
    review = courses.designed(owner).reviews.get()
    return decide_review(review, "REJECTED", by=reviewer, comment=comment)


def decide(roadmap, decision, reviewer, comment=""):
    return decide_review(roadmap.reviews.pending().get(), decision, by=reviewer, comment=comment)


def test_a_course_on_its_way_tells_of_each_decision_and_of_its_end(owner, reviewer):
    roadmap = courses.designed(owner)
    decide(roadmap, "CHANGES_REQUESTED", reviewer, "More on rye")
    courses.advance(roadmap)
    decide(roadmap, "APPROVED", reviewer)
    courses.advance(courses.advance(roadmap))
    assert kinds(owner) == ["CHANGES", "APPROVED", "READY"]
    assert Notice.objects.get(kind="CHANGES").text == "More on rye"
    assert mail.send_notices() == 1  # by default the end is mailed, the way there is not
    assert outbox.outbox[0].to == ["owner@example.org"]
    assert outbox.outbox[0].subject.startswith("The course is ready")


def test_a_run_that_fails_is_told_with_its_reason(owner, settings):
    roadmap = courses.requested(owner)
    Roadmap.objects.filter(pk=roadmap.pk).update(
        status=RoadmapStatus.RUNNING, attempts=settings.MAX_ATTEMPTS
    )
    Roadmap.objects.filter(pk=roadmap.pk).update(dispatched_at="2020-01-01T00:00Z")
    assert [recovery.recover() for _ in range(2)] == [0, 0]
    notice = Notice.objects.get()
    assert (notice.kind, "was not tried again" in notice.text) == ("FAILED", True)


def test_the_same_event_is_told_once_and_a_new_one_of_its_kind_again(owner):
    roadmap = courses.requested(owner)
    assert notices.tell(roadmap, NoticeKind.FAILED)
    assert notices.tell(roadmap, NoticeKind.FAILED) is None
    roadmap.version += 1
    assert notices.tell(roadmap, NoticeKind.FAILED)
    assert kinds(owner) == ["FAILED", "FAILED"]


def test_what_was_rolled_back_is_not_told(owner, reviewer):
    review = courses.designed(owner).reviews.get()
    with transaction.atomic():
        decide_review(review, "APPROVED", by=reviewer)
        transaction.set_rollback(True)
    assert kinds(owner) == []


def test_a_rejection_is_mailed_once_in_its_words_and_noted_in_the_history(owner, reviewer):
    review = rejected(owner, reviewer)
    assert [mail.send_notices(), mail.send_notices()] == [1, 0]
    remind_reviewers()
    (message,) = outbox.outbox
    assert message.to == ["owner@example.org"]
    assert "We have <no> bakers & ovens" in message.body
    assert list(review.events.values_list("kind", flat=True))[-1] == "LEARNER_TOLD"
    assert review.events.last().text == "to owner@example.org"


def test_who_has_no_address_is_told_on_the_pages_only(owner, reviewer):
    owner.email = ""
    owner.save()
    review = rejected(owner, reviewer)
    assert mail.send_notices() == 0
    assert kinds(owner) == ["REJECTED"]
    assert review.events.last().text == "on their pages, not by e-mail"
    assert Review.objects.get().learner_told_at


@pytest.mark.parametrize("verification", ["none", "optional", "mandatory"])
def test_an_address_that_nobody_has_verified_gets_no_mail(owner, reviewer, settings, verification):
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    EmailAddress.objects.update(verified=False)
    rejected(owner, reviewer)
    assert mail.send_notices() == 0
    assert outbox.outbox == []


def test_where_the_operator_says_so_it_gets_one_without_anybodys_words(owner, reviewer, settings):
    settings.NOTICES_TO_UNVERIFIED = True
    EmailAddress.objects.update(verified=False)
    roadmap = rejected(owner, reviewer, "See www.evil.example").roadmap
    assert mail.send_notices() == 1
    (letter,) = outbox.outbox
    assert letter.subject == "A reviewer has rejected the plan"
    for words in ("evil", roadmap.title, roadmap.goal, owner.username + ","):
        assert words not in letter.subject + letter.body
    assert "/accounts/notices/" in letter.body


def test_what_is_switched_off_is_neither_shown_nor_mailed(owner, reviewer, browser):
    wanted = {"REJECTED.mail": "", "READY.page": "on"}
    browser.post(reverse("settings_switches"), {name: on for name, on in wanted.items() if on})
    rejected(owner, reviewer)
    assert kinds(owner) == []
    assert mail.send_notices() == 0


def test_mail_only_is_not_on_the_pages(owner, reviewer, browser):
    browser.post(reverse("settings_switches"), {"REJECTED.mail": "on"})
    rejected(owner, reviewer)
    assert "rejected the goal" not in browser.get(reverse("notice_list")).content.decode()
    assert mail.send_notices() == 1


def test_a_mail_server_that_is_away_costs_a_delay_not_the_mail(owner, reviewer, settings):
    rejected(owner, reviewer)
    collected = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    assert mail.send_notices() == 0
    settings.EMAIL_BACKEND = collected
    assert mail.send_notices() == 1


def test_what_is_no_address_holds_up_nobody_else(owner, reviewer):
    stranger = courses.person("stranger")
    type(stranger).objects.filter(pk=stranger.pk).update(email="stranger@of\nnowhere")
    stranger.refresh_from_db()
    rejected(stranger, reviewer)
    rejected(owner, reviewer)
    assert mail.send_notices() == 1
    assert [message.to for message in outbox.outbox] == [["owner@example.org"]]


def test_two_sweeps_at_once_send_one_mail(owner, reviewer):
    rejected(owner, reviewer)

    def sweep():
        mail.send_notices()
        connection.close()

    both = [threading.Thread(target=sweep) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(outbox.outbox) == 1


def test_a_mail_that_was_sent_twice_is_known_by_its_id(owner, reviewer):
    rejected(owner, reviewer)
    mail.send_notices()
    Notice.objects.update(mail_due=True)  # as after a crash between the mail and the mark
    mail.send_notices()
    first, second = (message.message()["Message-ID"] for message in outbox.outbox)
    assert first == second


def test_a_mail_speaks_the_language_of_its_reader(owner, reviewer):
    Preferences.objects.create(user=owner, language="zh-hans")
    rejected(owner, reviewer)
    mail.send_notices()
    assert f"“{courses.GOAL}”" in outbox.outbox[0].body


def test_the_bell_counts_and_the_list_marks_as_read(owner, reviewer, browser):
    rejected(owner, reviewer)
    bell = browser.get(reverse("notice_bell")).content.decode()
    assert "1 unread" in bell
    page = browser.get(reverse("notice_list")).content.decode()
    assert "A reviewer has rejected the plan" in page
    assert "We have &lt;no&gt; bakers" in page
    notice = Notice.objects.get()
    browser.post(reverse("notices_read"), {"notice": notice.pk})
    assert "unread" not in browser.get(reverse("notice_bell")).content.decode().replace(
        'class="unread"', ""
    )


def test_a_notice_leads_to_its_roadmap_and_is_read(owner, reviewer, browser):
    review = rejected(owner, reviewer)
    notice = Notice.objects.get()
    answer = browser.get(notice.get_absolute_url())
    assert answer.url == review.roadmap.get_absolute_url()
    notice.refresh_from_db()
    first = notice.read_at
    browser.get(notice.get_absolute_url())
    notice.refresh_from_db()
    assert notice.read_at == first is not None


def test_the_notices_of_others_are_not_there(owner, reviewer, client):
    rejected(owner, reviewer)
    notice = Notice.objects.get()
    assert client.get(reverse("notice_list")).status_code == 302
    assert client.get(reverse("notice_bell")).status_code == 204
    client.force_login(courses.person("stranger"))
    assert client.get(notice.get_absolute_url()).status_code == 404
    for chosen in (notice.pk, "x", "9" * 30):
        assert client.post(reverse("notices_read"), {"notice": chosen}).status_code == 404
    client.post(reverse("notices_read"))
    notice.refresh_from_db()
    assert notice.read_at is None
    assert "rejected" not in client.get(reverse("notice_list")).content.decode()


def test_the_list_asks_as_often_for_many_as_for_few(owner, browser):
    roadmap = courses.requested(owner)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("notice_list"))
        return len(queries)

    notices.tell(roadmap, NoticeKind.FAILED)
    few = asked()
    for _ in range(25):
        roadmap.version += 1
        notices.tell(roadmap, NoticeKind.FAILED)
    assert asked() == few


def link_in(message):
    return (
        message.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    )


def test_the_link_in_a_mail_stops_its_kind_without_signing_in_and_only_when_sent(
    owner, reviewer, client
):
    rejected(owner, reviewer)
    mail.send_notices()
    link = link_in(outbox.outbox[0])
    assert "A reviewer has rejected my plan" in client.get(link).content.decode()
    assert Preferences.of(owner).wants("REJECTED", "mail")  # opening it changes nothing
    client.handler.enforce_csrf_checks = True  # a mail program has no token
    client.post(link, {"List-Unsubscribe": "One-Click"})
    assert not Preferences.of(owner).wants("REJECTED", "mail")
    assert Preferences.of(owner).wants("READY", "mail")
    client.post(link, {"which": "all"})
    assert not Preferences.of(owner).wants("READY", "mail")
    assert Preferences.of(owner).wants("READY", "page")


@pytest.mark.parametrize(
    "change", [lambda token: token[:-2], lambda token: "x", lambda token: token + "x"]
)
def test_a_link_that_is_not_ours_stops_nothing(owner, client, change):
    token = mail.unsubscribe_token(owner, "READY")
    assert client.post(reverse("unsubscribe", args=[change(token)])).status_code == 404
    assert Preferences.of(owner).wants("READY", "mail")


def test_the_link_of_an_account_that_is_gone_is_a_404(owner, client):
    link = reverse("unsubscribe", args=[mail.unsubscribe_token(owner, "READY")])
    owner.delete()
    assert client.post(link).status_code == 404
