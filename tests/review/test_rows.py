"""What is kept of a review, and what nobody can rewrite."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from roadmaps.models import Review, ReviewEvent, ReviewEventKind
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
SHOWN = ("score", "open_critical", "round", "language")


@pytest.fixture
def review():
    return courses.designed(courses.person("owner"), language="de").reviews.get()


def line(review):
    return ReviewEvent.objects.create(
        review=review,
        kind=ReviewEventKind.COMMENTED,
        actor=review.roadmap.owner,
        actor_name="owner",
        text="Fine",
    )


def test_a_review_opens_with_what_the_inbox_shows_and_a_due_time(review):
    report = review.draft.report
    assert review.score == report["score"]
    assert review.open_critical == sum(
        issue["severity"] == "critical" for issue in report["issues"]
    )
    assert (review.round, review.language) == (1, "de")
    assert 47 < (review.due_at - timezone.now()).total_seconds() / 3600 <= 48
    assert review.waiting_since == review.created_at


def test_nothing_is_due_when_no_time_is_set(settings):
    settings.REVIEW_DUE_HOURS = 0
    assert courses.designed(courses.person("owner")).reviews.get().due_at is None


def test_reviews_of_before_get_what_the_inbox_shows(review):
    kept = {name: getattr(review, name) for name in SHOWN}
    Review.objects.update(score=0, open_critical=9, round=7, language="xx")
    with connection.cursor() as cursor:
        cursor.execute(import_module("roadmaps.migrations.0004_fill_reviews").FILL)
    review.refresh_from_db()
    assert {name: getattr(review, name) for name in SHOWN} == kept


def test_the_history_can_be_neither_changed_nor_deleted(review):
    said = line(review)
    for rewrite in (
        lambda: ReviewEvent.objects.filter(pk=said.pk).update(text="Bad"),
        lambda: ReviewEvent.objects.all().delete(),
        said.save,
        said.delete,
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rewrite()
    assert ReviewEvent.objects.get(pk=said.pk).text == "Fine"


def test_the_history_outlives_a_user_but_goes_with_its_review(review):
    reviewer = courses.reviewer()
    ReviewEvent.objects.create(
        review=review, kind=ReviewEventKind.CLAIMED, actor=reviewer, actor_name="reviewer"
    )
    reviewer.delete()
    assert ReviewEvent.objects.get(kind="CLAIMED").actor_name == "reviewer"
    review.roadmap.owner.delete()
    assert not ReviewEvent.objects.exists()
