"""Progress: by concept, module, stage, roadmap, day and week."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from learning import charts, progress, reading
from learning.models import Attempt, Reading, StudyDay
from tests import courses
from tests.learning import statistics_course

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: WEDNESDAY)


def complete(owner, concept, at):
    Reading.objects.update_or_create(user=owner, concept=concept, defaults={"completed_at": at})


def test_each_part_says_what_of_it_is_done(owner, roadmap):
    first, second, third, _ = roadmap.concepts.all()
    reading.complete(owner, first)
    reading.keep_place(owner, second, "1")
    for score in (1, 3):
        Attempt.objects.create(user=owner, concept=first, score=score, total=4, answers=[])
    mine = progress.progress_of(owner, roadmap)
    assert [step.state for step in mine.steps] == ["done", "started", "new", "new"]
    assert (mine.done, mine.total, mine.mastery) == (1, 4, 75)
    assert [(stage.done, stage.total) for stage in mine.stages] == [(1, 2), (0, 2)]
    assert mine.stages[0].modules[0].mastery == 75
    assert mine.stages[1].mastery is None
    assert mine.upcoming.concept == second
    before, after = mine.neighbours(second)
    assert (before.concept, after.concept) == (first, third)
    assert progress.states(owner, roadmap) == {step.concept.pk: step.state for step in mine.steps}


def test_nobody_elses_progress_is_counted(owner, roadmap):
    other = courses.person("other")
    reading.complete(owner, roadmap.concepts.first())
    for somebody in (other, AnonymousUser()):
        assert progress.progress_of(somebody, roadmap).done == 0
        assert set(progress.states(somebody, roadmap).values()) == {"new"}
        assert progress.counts_of(somebody, [roadmap])[roadmap.pk].done == 0


def test_a_streak_ends_with_the_first_day_without_study(owner, today):
    assert progress.streak(owner) == 0
    for back in (1, 2, 4):
        StudyDay.objects.create(user=owner, day=WEDNESDAY.date() - timedelta(days=back))
    assert progress.streak(owner) == 2  # today may still come
    StudyDay.mark(owner)
    StudyDay.mark(owner)
    assert progress.streak(owner) == 3


def test_a_week_counts_its_own_minutes_and_plans_the_rest_of_the_promise(owner, roadmap, today):
    concepts = list(roadmap.concepts.all())
    complete(owner, concepts[0], WEDNESDAY - timedelta(days=3))  # the Sunday before
    complete(owner, concepts[1], WEDNESDAY - timedelta(days=2))
    *_, last, this = progress.weeks(progress.progress_of(owner, roadmap), 3)
    assert (last.minutes, this.minutes, this.promised) == (30, 30, 120)
    assert [step.concept for step in last.steps] == [concepts[0]]
    assert [step.concept for step in this.steps] == concepts[
        1:
    ]  # 30 done and two more of 30 fit, one begins
    roadmap.hours_per_week = 1
    this = progress.weeks(progress.progress_of(owner, roadmap), 1)[0]
    assert [step.concept for step in this.steps] == concepts[1:3]
    assert this.percent == 50


def test_bars_and_the_promise_stay_inside_the_drawing(owner, roadmap, today):
    for concept in roadmap.concepts.all():
        complete(owner, concept, WEDNESDAY)
    for hours in (1, 80):
        roadmap.hours_per_week = hours
        chart = charts.draw(progress.weeks(progress.progress_of(owner, roadmap), 8))
        assert all(bar.y >= 0 and bar.y + bar.height <= chart.base + 0.2 for bar in chart.bars)
        assert all(bar.x + bar.width <= chart.width for bar in chart.bars)
        assert 0 <= chart.promised_y < chart.base


def test_the_page_has_charts_with_words(browser, owner, roadmap):
    reading.complete(owner, roadmap.concepts.first())
    page = browser.get(reverse("roadmap_progress", args=[roadmap.pk])).content.decode()
    assert "This week 30 of 120 minutes" in page
    assert "As a table" in page
    assert "Days in a row" in page


def test_a_roadmap_without_a_plan_has_a_page_that_says_so(browser, owner):
    roadmap = courses.requested(owner)
    page = browser.get(reverse("roadmap_progress", args=[roadmap.pk])).content.decode()
    assert "no progress to show before the plan is approved" in page


def test_the_list_shows_every_cards_progress_at_the_same_cost(
    browser, owner, roadmap, django_assert_max_num_queries
):
    reading.complete(owner, roadmap.concepts.first())
    others = [statistics_course.make(owner, concepts=2) for _ in range(3)]
    page = browser.get(reverse("roadmap_list")).content.decode()
    assert "1 of 4 concepts done" in page
    assert page.count("0 of 2 concepts done") == len(others)
    with django_assert_max_num_queries(3):
        progress.counts_of(owner, [roadmap, *others])


def test_the_roadmaps_page_leads_to_the_next_concept(browser, owner, roadmap):
    first, second, *_ = roadmap.concepts.all()
    page = browser.get(roadmap.get_absolute_url()).content.decode()
    assert "Start learning" in page
    reading.complete(owner, first)
    page = browser.get(roadmap.get_absolute_url()).content.decode()
    assert f'href="{second.get_absolute_url()}">Continue' in page
