"""Mail about reviews: to whom, and each once."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.utils import timezone

from roadmaps.models import Review
from roadmaps.review import reminders
from roadmaps.review.desk import assign_review
from roadmaps.review.reminders import remind_reviewers
from roadmaps.services import decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


def due_in(hours):
    Review.objects.update(due_at=timezone.now() + timedelta(hours=hours))


def with_address(user):
    user.email = f"{user.username}@example.org"
    user.save()
    return user


@pytest.fixture
def admin():
    return User.objects.create_superuser("admin", "admin@example.org")


def recipients():
    return sorted(address for message in mail.outbox for address in message.to)


def test_nothing_is_sent_before_its_time(review, admin):
    due_in(5)
    assert remind_reviewers() == {"reminded": 0, "escalated": 0}
    assert mail.outbox == []


def test_a_reminder_goes_once_to_all_who_may_decide(review, admin, reviewer, colleague, story):
    with_address(reviewer)
    due_in(3)
    assert remind_reviewers()["reminded"] == 1
    assert remind_reviewers()["reminded"] == 0
    assert recipients() == ["admin@example.org", "reviewer@example.org"]
    (message, _) = mail.outbox
    assert message.subject == "1 review is due soon"
    assert f"http://127.0.0.1:8000/admin/roadmaps/review/{review.pk}/change/" in message.body
    assert story(review) == ["OPENED", "REMINDED"]


@pytest.mark.parametrize(("may", "reached"), [(False, ["admin"]), (True, ["admin", "reviewer"])])
def test_who_may_not_decide_their_own_request_is_not_reminded_of_it(
    admin, reviewer, settings, may, reached
):
    settings.REVIEWERS_MAY_DECIDE_OWN = may
    courses.designed(with_address(reviewer), goal="Learn what I may not judge")
    due_in(3)
    remind_reviewers()
    assert recipients() == [f"{name}@example.org" for name in reached]


def test_who_it_is_assigned_to_is_reminded_alone_and_of_all_in_one_message(admin, owner, reviewer):
    for number in range(2):
        review = courses.designed(owner, goal=f"Learn the thing with number {number}").reviews.get()
        assign_review(review, with_address(reviewer), by=admin)
    due_in(1)
    remind_reviewers()
    assert recipients() == ["reviewer@example.org"]
    assert mail.outbox[0].subject == "2 reviews are due soon"


def test_what_stays_undecided_is_escalated_once(review, reviewer, admin, settings):
    settings.REVIEW_ESCALATION_EMAILS = ["boss@example.org"]
    due_in(-23)
    remind_reviewers()
    assert "boss@example.org" not in recipients()
    due_in(-25)
    assert remind_reviewers()["escalated"] == 1
    assert remind_reviewers()["escalated"] == 0
    assert recipients().count("boss@example.org") == 1
    assert mail.outbox[-1].subject == "1 review is overdue"


def test_what_is_decided_is_neither_reminded_of_nor_escalated(review, reviewer, admin):
    due_in(-48)
    decide_review(review, "APPROVED", by=reviewer)
    remind_reviewers()
    assert mail.outbox == []


def test_a_mail_server_that_is_away_costs_a_delay_not_the_mail(review, admin, settings):
    due_in(1)
    collected = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    assert remind_reviewers()["reminded"] == 0
    settings.EMAIL_BACKEND = collected
    assert remind_reviewers()["reminded"] == 1
    assert recipients() == ["admin@example.org"]


def test_what_is_no_address_keeps_nobody_else_from_being_reminded(review, admin, reviewer):
    User.objects.filter(pk=reviewer.pk).update(email="reviewer@of\nnowhere")
    due_in(1)
    assert remind_reviewers()["reminded"] == 1
    assert recipients() == ["admin@example.org"]


def test_a_reminder_whose_worker_died_is_sent_later_and_once(review, admin, monkeypatch):
    def two_hours_pass():
        Review.objects.update(reminded_at=timezone.now() - timedelta(hours=2))

    due_in(1)
    with monkeypatch.context() as death:
        death.setattr(reminders, "send_reminder", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            remind_reviewers()
    assert remind_reviewers()["reminded"] == 0  # its worker may be at it
    two_hours_pass()
    assert remind_reviewers()["reminded"] == 1
    two_hours_pass()
    assert remind_reviewers()["reminded"] == 0
    assert recipients() == ["admin@example.org"]


def test_two_beats_at_once_send_one_mail(review, admin):
    due_in(1)

    def sweep():
        remind_reviewers()
        connection.close()

    both = [threading.Thread(target=sweep) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert recipients() == ["admin@example.org"]
