"""The dashboard tells the truth, to who may hear it, also while something is away."""

import re
from datetime import timedelta

import pytest
import redis
from django.core.cache import cache
from django.utils import timezone

from content.exports import rows
from roadmaps.admin.operations import formatting
from roadmaps.models import ModelCall, Review, ReviewStatus
from roadmaps.operations import queues, statistics
from roadmaps.people import time_zones
from tests import courses
from tests.admin.test_admin_lists import model_call, review, roadmap
from tests.content import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_day")]


def decide(made, status, *, after=timedelta(hours=1), days_ago=0, round=1):
    at = timezone.now() - timedelta(days=days_ago)
    Review.objects.filter(pk=made.pk).update(
        status=status,
        decided_at=at,
        created_at=at - after,
        round=round,
        decided_how="PERSON",
        decided_as="reviewer",
    )


def page(client):
    return client.get("/admin/").content.decode()


def test_open_reviews_are_counted_with_what_is_late_and_whose_they_are():
    first, second, third = review(1), review(2), review(3)
    Review.objects.filter(pk=first.pk).update(
        due_at=timezone.now() - timedelta(hours=1), assigned_to=None
    )
    Review.objects.filter(pk=second.pk).update(due_at=timezone.now() + timedelta(hours=1))
    decide(third, ReviewStatus.APPROVED)
    Review.objects.filter(pk=third.pk).update(due_at=timezone.now() - timedelta(hours=1))
    found = statistics.open_reviews()
    assert (found["pending"], found["overdue"], found["unassigned"]) == (2, 1, 1)
    assert found["oldest"] == Review.objects.get(pk=first.pk).created_at


def test_decisions_stand_on_their_day_and_old_ones_on_none():
    decide(review(1), ReviewStatus.APPROVED)
    decide(review(2), ReviewStatus.REJECTED, days_ago=13)
    decide(review(3), ReviewStatus.APPROVED, days_ago=14)
    days = statistics.decisions_per_day(14)
    assert len(days) == 14
    assert (days[-1]["APPROVED"], days[0]["REJECTED"]) == (1, 1)
    assert sum(day["APPROVED"] for day in days) == 1


def test_times_rates_and_rounds_are_of_what_people_decided():
    for number in range(1, 10):
        decide(
            review(number),
            ReviewStatus.APPROVED,
            after=timedelta(hours=number),
            round=1 + number % 2,
        )
    decide(review(20), ReviewStatus.REJECTED, after=timedelta(hours=5), round=9)
    decide(review(21), ReviewStatus.APPROVED, after=timedelta(seconds=1))
    Review.objects.filter(interrupt_id="21").update(decided_how="SYSTEM")
    found = statistics.decision_quality(30)
    assert (found["decided"], found["approved"]) == (10, 9)
    assert found["p50"] == timedelta(hours=5)
    assert timedelta(hours=8) <= found["p90"] <= timedelta(hours=9)
    assert round(float(found["rounds"]), 2) == 1.56


def test_money_is_shown_where_a_price_is_known(settings, admin_client):
    model_call(1)
    ModelCall.objects.update(model="openai:small", input_tokens=2_000_000, output_tokens=1_000_000)
    assert "has no price of openai:small" in page(admin_client)
    cache.clear()
    settings.LLM_PRICES = {"openai:small": (0.5, 1.25)}
    shown = page(admin_client)
    assert "$2.25" in shown
    assert "has no price" not in shown
    assert "$2.25" in admin_client.get("/admin/usage/").content.decode()


def test_what_was_spent_before_today_is_not_todays(admin_client):
    model_call(1)
    ModelCall.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert statistics.spend(since=time_zones.midnight()) == []
    assert [row["calls"] for row in statistics.spend("role")] == [1]


def test_each_number_leads_to_the_rows_that_it_counts(admin_client):
    late, _on_time = review(1), review(2)
    Review.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=1))
    decide(review(3), ReviewStatus.APPROVED)
    failed = roadmap(4)
    type(failed).objects.filter(pk=failed.pk).update(status="FAILED")
    response = admin_client.get("/admin/")
    tiles = {
        tile["label"]: tile for group in response.context["numbers"] for tile in group["tiles"]
    }
    for label, count in {
        "Pending reviews": 2,
        "Overdue": 1,
        "Unassigned": 0,
        "Failed workflows": 1,
    }.items():
        assert tiles[label]["value"] == str(count)
        assert len(admin_client.get(tiles[label]["link"]).context["cl"].result_list) == count, label
    totals = next(one for one in response.context["sections"] if one["name"] == "decisions")[
        "totals"
    ]
    assert len(admin_client.get(totals[0][2]).context["cl"].result_list) == 1


@pytest.mark.parametrize(
    ("permission", "seen", "unseen"),
    [
        ("view_review", "Decisions per day", "Failed workflows"),
        ("view_roadmap", "Failed workflows", "Pending reviews"),
        ("view_modelcall", "Models today", "Decisions per day"),
        ("view_tutorial", "Content by state", "Models today"),
        ("view_lease", "Asking the workers", "Content by state"),
    ],
)
def test_a_card_is_there_for_who_may_see_its_rows(client, permission, seen, unseen):
    client.force_login(courses.person("somebody", permission, staff=True))
    shown = page(client)
    assert seen in shown
    assert unseen not in shown


def test_staff_who_may_see_nothing_are_told_so(client):
    client.force_login(courses.person("guest", staff=True))
    assert "may not see" in page(client)
    for address in ("/admin/system/", "/admin/system/queues/", "/admin/usage/"):
        assert client.get(address).status_code == 403
    client.logout()
    assert client.get("/admin/system/queues/").status_code == 302


def test_the_pages_open_while_redis_is_away(admin_client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "Asking the workers" in page(admin_client)
    assert admin_client.get("/admin/system/").status_code == 200
    assert (
        "Nobody can be asked which queues they listen on"
        in admin_client.get("/admin/system/queues/").content.decode()
    )


def test_messages_of_every_priority_are_counted_and_deaf_queues_named(admin_client, settings):
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()
        client.rpush("logs", "{}", "{}")
        client.rpush("logs\x06\x169", "{}")
        assert queues.depths() == {"roadmap_workflow": 0, "content_generation": 0, "logs": 3}
        page = admin_client.get("/admin/system/queues/").content.decode()
        client.flushall()
    text = " ".join(page.split())
    assert "3 waiting" in text
    assert text.count("nobody listens") == 3


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_a_time_is_written_as_people_say_it(time, text):
    assert formatting.span(time).replace("\N{NO-BREAK SPACE}", " ") == text


def test_numbers_and_money_are_written_as_people_read_them():
    assert [formatting.count(number) for number in (9999, 12_345, 2_500_000)] == [
        "9,999",
        "12.3k",
        "2.5M",
    ]
    assert [formatting.money(dollars) for dollars in (None, 0, 0.0012, 1234.5)] == [
        "",
        "$0.00",
        "$0.0012",
        "$1,234.50",
    ]


def test_content_is_counted_up_to_a_limit(admin_client, owner, monkeypatch):
    rows.create(samples.course(3, "Short."), owner=owner)
    assert re.search(r">3\s+ready", page(admin_client))
    cache.clear()
    monkeypatch.setattr(formatting, "COUNTED_MAX", 2)
    assert re.search(r">more than 2\s+ready", page(admin_client))
