"""The admin's times: shown, filtered and counted by day in the reader's zone."""

from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from logs_app.models import ExecutionLog
from roadmaps.models import ModelCall, Review, Roadmap
from roadmaps.operations import statistics
from tests.admin.test_admin_lists import event, model_call, review, roadmap

pytestmark = pytest.mark.django_db
AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"
AT = datetime(2026, 11, 30, 11, 30, tzinfo=UTC)  # in Auckland half past midnight of the next day
HOUR_OF_AUCKLAND = {
    "created_at_from_0": "2026-12-01",
    "created_at_from_1": "00:00:00",
    "created_at_to_0": "2026-12-01",
    "created_at_to_1": "01:00:00",
}


@pytest.fixture
def later(monkeypatch):
    """Some minutes after AT."""
    monkeypatch.setattr(
        "django.utils.timezone.now", lambda: datetime(2026, 11, 30, 11, 45, tzinfo=UTC)
    )


@pytest.fixture
def desk(admin_client):
    admin_client.cookies["time_zone"] = AUCKLAND
    return admin_client


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_lists_and_pages_name_the_zone_of_their_times(desk):
    event(1)
    ExecutionLog.objects.update(occurred_at=AT)
    Roadmap.objects.filter(pk=roadmap(2).pk).update(created_at=AT)
    Review.objects.filter(pk=review(3).pk).update(
        created_at=AT, due_at=datetime(2099, 6, 30, 13, 30, tzinfo=UTC)
    )
    model_call(4)
    ModelCall.objects.update(created_at=AT)
    assert "2026-12-01 00:30:00 NZDT" in text(
        desk.get(reverse("admin:logs_app_executionlog_changelist"))
    )
    assert 'title="2026-12-01 00:30 NZDT"' in text(
        desk.get(reverse("admin:roadmaps_review_changelist"))
    )
    assert 'title="2099-07-01 01:30 NZST"' in text(
        desk.get(reverse("admin:roadmaps_review_changelist"))
    )
    assert "2026-12-01 00:30 NZDT" in text(desk.get(reverse("admin:roadmaps_modelcall_changelist")))
    page = text(desk.get(reverse("admin:roadmaps_review_change", args=[Review.objects.get().pk])))
    assert '<time datetime="2099-07-01T01:30:00+12:00">2099-07-01 01:30 NZST</time>' in page
    assert "cairn/zone" in page
    assert "UTC" not in page


def test_a_filter_reads_its_times_in_the_readers_zone(desk):
    Roadmap.objects.filter(pk=roadmap(1).pk).update(created_at=AT)
    address = reverse("admin:roadmaps_roadmap_changelist")
    page = desk.get(address, HOUR_OF_AUCKLAND)
    assert len(page.context["cl"].result_list) == 1
    assert f"({AUCKLAND})" in text(page)
    desk.cookies["time_zone"] = HONOLULU
    assert len(desk.get(address, HOUR_OF_AUCKLAND).context["cl"].result_list) == 0
    of_honolulu = HOUR_OF_AUCKLAND | {
        "created_at_from_0": "2026-11-30",
        "created_at_to_0": "2026-11-30",
    }
    of_honolulu |= {"created_at_from_1": "01:00:00", "created_at_to_1": "02:00:00"}
    assert len(desk.get(address, of_honolulu).context["cl"].result_list) == 1


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        ("0001-01-01", "00:00:00"),
        ("9999-12-31", "23:59:59"),
        ("2026-02-30", "00:00:00"),
        ("x", "y"),
    ],
)
@pytest.mark.parametrize("zone", [AUCKLAND, HONOLULU])
def test_a_filter_survives_the_first_and_the_last_day_and_what_is_none(desk, day, hour, zone):
    desk.cookies["time_zone"] = zone
    ends = {
        f"created_at_{end}_{part}": value
        for end in ("from", "to")
        for part, value in ((0, day), (1, hour))
    }
    assert desk.get(reverse("admin:roadmaps_roadmap_changelist"), ends).status_code == 200


def test_decisions_and_model_calls_stand_on_the_readers_day(desk, later):
    decided = {"status": "APPROVED", "decided_at": AT, "decided_how": "PERSON", "decided_as": "Ada"}
    Review.objects.filter(pk=review(1).pk).update(**decided)
    model_call(2)
    ModelCall.objects.update(created_at=AT)
    for zone, day in ((AUCKLAND, date(2026, 12, 1)), (HONOLULU, date(2026, 11, 30))):
        with timezone.override(zone):
            counted = {one["day"]: one["APPROVED"] for one in statistics.decisions_per_day(14)}
        assert [on for on, count in counted.items() if count] == [day]
        desk.cookies["time_zone"] = zone
        assert f"{day}" in text(desk.get("/admin/usage/?days=1"))


def test_a_dashboard_that_is_kept_for_a_moment_has_the_days_of_its_reader(desk, later):
    cache.clear()
    decided = {"status": "APPROVED", "decided_at": AT, "decided_how": "PERSON", "decided_as": "Ada"}
    Review.objects.filter(pk=review(1).pk).update(**decided)
    for zone, day in ((AUCKLAND, "Dec 1"), (HONOLULU, "Nov 30")):
        desk.cookies["time_zone"] = zone
        page = desk.get("/admin/")
        section = next(one for one in page.context["sections"] if one["name"] == "decisions")
        assert section["table"]["rows"][-1][:2] == [day, 1]
        assert f"in 14 days, {zone} time" in text(page)
        assert len(desk.get(section["totals"][0][2]).context["cl"].result_list) == 1


def test_days_around_a_change_of_the_clocks_are_whole_days(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 10, 26, 12, tzinfo=UTC))
    ends = {
        1: (24, 21, 59),
        2: (24, 22, 0),
        3: (25, 22, 59),
        4: (25, 23, 0),
    }  # in Berlin the 25th has 25 hours
    for number, (day, hour, minute) in ends.items():
        at = datetime(2026, 10, day, hour, minute, tzinfo=UTC)
        Review.objects.filter(pk=review(number).pk).update(
            status="APPROVED", decided_at=at, decided_how="SYSTEM"
        )
    with timezone.override("Europe/Berlin"):
        assert [one["APPROVED"] for one in statistics.decisions_per_day(3)] == [1, 2, 1]
