"""Days, weeks and the streak are those of the person's calendar, wherever they are and wherever
they go.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from learning import practice, progress, reading
from learning.models import Card, Reading, Recall, StudyDay
from roadmaps.exceptions import InvalidTransition
from roadmaps.people import time_zones

AUCKLAND, HONOLULU, BERLIN = "Pacific/Auckland", "Pacific/Honolulu", "Europe/Berlin"


@pytest.fixture
def _today():
    """Nothing waits for midnight here: the times are set."""


@pytest.fixture
def clock(monkeypatch):
    """What time it is, and in which zone the person is: clock(zone, month, day, hour, minute) of
    2026.
    """
    current = {"at": datetime(2026, 1, 1, tzinfo=UTC)}
    monkeypatch.setattr("django.utils.timezone.now", lambda: current["at"])
    for field in (Card._meta.get_field("due_at"), Recall._meta.get_field("at")):
        monkeypatch.setattr(field, "_get_default", lambda: current["at"])

    def set_to(zone, month, day, hour, minute=0):
        current["at"] = datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(
            UTC
        )
        timezone.activate(zone)

    yield set_to
    timezone.deactivate()


def days_of(owner):
    return sorted(StudyDay.objects.filter(user=owner).values_list("day", flat=True))


# Midnight.


@pytest.mark.parametrize("zone", [AUCKLAND, HONOLULU, "UTC"])
def test_a_day_of_study_ends_at_the_persons_own_midnight(clock, owner, zone):
    clock(zone, 11, 29, 23, 59)
    StudyDay.mark(owner)
    clock(zone, 11, 30, 0, 1)
    assert progress.streak(owner) == 1
    StudyDay.mark(owner)
    assert days_of(owner) == [date(2026, 11, 29), date(2026, 11, 30)]
    assert progress.streak(owner) == 2
    clock(zone, 12, 1, 23, 59)
    assert progress.streak(owner) == 2  # today may still come
    clock(zone, 12, 2, 0, 1)
    assert progress.streak(owner) == 0


@pytest.mark.parametrize(
    ("zone", "month", "day"),
    [
        (BERLIN, 3, 29),
        (BERLIN, 10, 25),
        (AUCKLAND, 4, 5),
        (AUCKLAND, 9, 27),
        ("America/Santiago", 9, 6),
    ],
)
def test_a_day_of_23_or_25_hours_is_one_day(clock, owner, zone, month, day):
    """Each is a Sunday; that of Santiago has no midnight."""
    changed = date(2026, month, day)
    clock(zone, month, day - 1, 23, 30)
    StudyDay.mark(owner)
    for hour in (3, 23):
        clock(zone, month, day, hour, 30)
        StudyDay.mark(owner)
        begun = time_zones.midnight()
        assert timezone.localdate(begun) == changed
        assert timezone.localdate(
            begun.astimezone(UTC) - timedelta(seconds=1)
        ) == changed - timedelta(days=1)
    clock(zone, *(changed + timedelta(days=1)).timetuple()[1:3], 0, 30)
    StudyDay.mark(owner)
    assert days_of(owner) == [changed + timedelta(days=days) for days in (-1, 0, 1)]
    assert progress.streak(owner) == 3


@pytest.mark.parametrize("zone", [AUCKLAND, HONOLULU, BERLIN])
def test_a_week_begins_on_the_persons_own_monday(clock, owner, roadmap, zone):
    """In Berlin the Sunday before has 25 hours."""
    sunday, monday = list(roadmap.concepts.all())[:2]
    clock(zone, 10, 25, 23, 59)
    Reading.objects.create(user=owner, concept=sunday, completed_at=timezone.now())
    clock(zone, 10, 26, 0, 1)
    Reading.objects.create(user=owner, concept=monday, completed_at=timezone.now())
    last, this = progress.weeks(progress.progress_of(owner, roadmap), 2)
    assert (last.first_day, this.first_day) == (date(2026, 10, 19), date(2026, 10, 26))
    assert [step.concept for step in last.steps] == [sunday]
    assert this.steps[0].concept == monday
    assert (last.minutes, this.minutes) == (30, 30)


# The streak on a journey.


def test_a_journey_over_the_date_line_loses_no_streak(clock, owner):
    for day in (28, 29, 30):
        clock(AUCKLAND, 11, day, 20)
        StudyDay.mark(owner)
    clock(HONOLULU, 11, 29, 22)  # two hours later
    assert progress.streak(owner) == 3
    StudyDay.mark(owner)
    assert progress.streak(owner) == 3  # that date has counted already
    clock(HONOLULU, 12, 1, 9)
    assert progress.streak(owner) == 3
    StudyDay.mark(owner)
    clock(AUCKLAND, 12, 3, 8)  # 23 hours later; no second of December was lived through
    assert progress.streak(owner) == 4
    StudyDay.mark(owner)
    clock(AUCKLAND, 12, 4, 8)
    StudyDay.mark(owner)
    assert progress.streak(owner) == 6


@pytest.mark.parametrize(("day", "streak"), [(1, 2), (2, 2), (3, 0)])
def test_where_the_zone_changes_one_date_may_be_missing_and_no_more(clock, owner, day, streak):
    for studied in (29, 30):
        clock(HONOLULU, 11, studied, 20)
        StudyDay.mark(owner)
    clock(AUCKLAND, 12, day, 20)
    assert progress.streak(owner) == streak


def test_a_streak_of_days_in_utc_goes_on_when_the_zone_is_first_known(clock, owner):
    """At half past midnight in Auckland, when it was the day before in UTC."""
    for day in (28, 29):
        StudyDay.objects.create(user=owner, day=date(2026, 11, day))
    clock(AUCKLAND, 12, 1, 0, 30)
    StudyDay.mark(owner)
    assert progress.streak(owner) == 3
    clock("UTC", 12, 3, 12)
    assert progress.streak(owner) == 3


# Practice.


def answer_all(owner):
    """Wrongly, so that each is asked again on the next day; how many there were."""
    count = 0
    while card := practice.next_card(owner, practice.left_today(owner)):
        practice.answer(card.pk, owner, ["0"])
        count += 1
    return count


@pytest.mark.parametrize("zone", [AUCKLAND, HONOLULU, "UTC"])
def test_a_question_is_due_from_the_persons_own_midnight(clock, owner, concept, zone):
    clock(zone, 11, 30, 12)
    reading.complete(owner, concept)
    assert answer_all(owner) == 3
    assert practice.next_due_on(owner) == date(2026, 12, 1)
    clock(zone, 11, 30, 23, 59)
    assert practice.left_today(owner)["known"] == 0
    clock(zone, 12, 1, 0, 1)
    assert practice.left_today(owner)["known"] == 3


def test_new_questions_are_there_at_once_in_every_zone(clock, owner, concept):
    clock(HONOLULU, 11, 30, 20)  # in UTC it is the first of December
    reading.complete(owner, concept)
    assert practice.left_today(owner)["new"] == 3


def test_the_share_of_a_day_is_counted_from_the_persons_own_midnight(
    clock, owner, concept, settings
):
    settings.PRACTICE_NEW_PER_DAY = 2
    clock(AUCKLAND, 11, 30, 20)
    reading.complete(owner, concept)
    assert answer_all(owner) == 2
    clock(AUCKLAND, 11, 30, 23, 59)
    assert practice.left_today(owner)["new"] == 0
    clock(AUCKLAND, 12, 1, 0, 1)  # the same day in UTC
    assert practice.left_today(owner)["new"] == 1


def test_no_question_is_asked_twice_on_a_date_that_a_journey_repeats(clock, owner, concept):
    clock(AUCKLAND, 12, 1, 20)
    reading.complete(owner, concept)
    assert answer_all(owner) == 3
    for day, hour in ((30, 21), (30, 23)):
        clock(HONOLULU, 11, day, hour)
        assert answer_all(owner) == 0
    for hour in (0, 12, 23):
        clock(HONOLULU, 12, 1, hour)
        assert answer_all(owner) == 0
    clock(HONOLULU, 12, 2, 0, 1)
    assert answer_all(owner) == 3


def test_what_was_just_answered_rests_when_a_change_of_the_zone_makes_it_tomorrow(
    clock, owner, concept
):
    clock("UTC", 11, 30, 11, 30)
    reading.complete(owner, concept)
    card = Card.objects.first()
    assert answer_all(owner) == 3
    clock(AUCKLAND, 12, 1, 0, 31)  # a minute later: their browser has said where it is
    assert practice.left_today(owner) == {"new": 0, "known": 0}
    with pytest.raises(InvalidTransition):
        practice.answer(card.pk, owner, ["0"])
    clock(AUCKLAND, 12, 1, 8)
    assert answer_all(owner) == 3


def test_answers_a_day_apart_are_a_day_apart_for_the_memory_whatever_their_hours(
    clock, owner, concept
):
    """FSRS counts whole days, so a morning after an evening must not count as the same day."""
    clock(BERLIN, 10, 24, 22)
    reading.complete(owner, concept)
    first, second, third = Card.objects.order_by("pk")
    for card in (first, second, third):
        practice.answer(card.pk, owner, ["0"])
    clock(BERLIN, 10, 25, 7)
    practice.answer(first.pk, owner, ["0"])
    clock(BERLIN, 10, 25, 23)
    practice.answer(second.pk, owner, ["0"])
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.memory["stability"] == second.memory["stability"]
    assert first.due_on == second.due_on == date(2026, 10, 26)


def test_cards_of_before_keep_their_days(clock, owner, concept):
    clock("UTC", 11, 30, 20)
    reading.complete(owner, concept)
    card = Card.objects.first()
    practice.answer(card.pk, owner, ["0"])
    card.refresh_from_db()
    hour = {"last_review": "2026-11-30T20:00:00+00:00", "due": "2026-12-01T20:00:00+00:00"}
    Card.objects.filter(pk=card.pk).update(
        memory=card.memory | hour, due_at=datetime(2026, 12, 1, 20, tzinfo=UTC), answered_at=None
    )
    Card.objects.exclude(pk=card.pk).delete()
    clock(AUCKLAND, 12, 1, 9)
    assert answer_all(owner) == 1
    card.refresh_from_db()
    assert card.due_on == date(2026, 12, 2)
