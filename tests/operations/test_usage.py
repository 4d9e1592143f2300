"""Usage of models: sums of past calls and the latest calls together are what was used."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from roadmaps.models import ModelCall, ModelUsage
from roadmaps.operations import statistics, usage
from roadmaps.people import time_zones

pytestmark = pytest.mark.django_db
DAYS = 7


@pytest.fixture
def calls():
    """Three calls an hour for a week, of two roles."""
    now = timezone.now()
    made = [
        ModelCall(
            thread_id="0" * 32,
            role=("tutorial", "quiz")[number % 2],
            input_hash=str(number),
            model="openai:test",
            answer={},
            input_tokens=number,
            output_tokens=1,
            seconds=0.5,
        )
        for number in range(DAYS * 24 * 3)
    ]
    ModelCall.objects.bulk_create(made)
    for number, call in enumerate(made):
        call.created_at = now - number * timedelta(minutes=20)
    ModelCall.objects.bulk_update(made, ["created_at"])


def used_by_day():
    """Numbers by day and role, however many rows they come in."""
    since = time_zones.midnight() - timedelta(days=DAYS - 1)
    sums: dict[object, list[float]] = {}
    for row in statistics.spend_by_day(since, DAYS):
        values = [row[name] for name in ("calls", "input_tokens", "output_tokens", "seconds")]
        of_role = sums.setdefault((row["day"], row["role"]), [0, 0, 0, 0])
        sums[row["day"], row["role"]] = [a + b for a, b in zip(of_role, values, strict=True)]
    return sums


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham"])
def test_sums_change_no_number_in_any_zone_and_twice_is_harmless(calls, zone):
    with timezone.override(ZoneInfo(zone)):
        before = used_by_day()
        assert len(before) == 2 * DAYS
        assert usage.sum_up() == ModelUsage.objects.count() > 0
        assert used_by_day() == before
        assert usage.sum_up() == 0
        assert used_by_day() == before


def test_the_last_hour_is_not_summed_up_yet(calls):
    usage.sum_up()
    newest = ModelUsage.objects.latest("begins_at").begins_at
    assert newest + usage.QUARTER <= timezone.now() - usage.REST
    assert newest > timezone.now() - usage.REST - timedelta(hours=1)


def test_what_comes_later_is_added_and_what_is_pruned_stays(calls):
    usage.sum_up()
    before = used_by_day()
    summed_up = ModelCall.objects.filter(created_at__lt=usage.summed_up_until())
    summed_up.delete()
    assert used_by_day() == before
    ModelCall.objects.create(
        thread_id="1" * 32, role="quiz", input_hash="", model="openai:test", answer={}
    )
    today = (time_zones.midnight().date(), "quiz")
    assert used_by_day()[today][0] == before.get(today, [0])[0] + 1
