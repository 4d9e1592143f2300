"""Usage of models over time: sums of past calls are kept, so that months cost a few rows a page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from roadmaps.models import ModelUsage

QUARTER = timedelta(minutes=15)
# A call has its time before its row is there for others; an hour later all are.
REST = timedelta(hours=1)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
SUM_UP = """
INSERT INTO roadmaps_modelusage
    (begins_at, role, model, calls, input_tokens, output_tokens, seconds)
SELECT date_bin(%(quarter)s, created_at, %(beginning)s) AS begins_at, role, model, count(*),
    sum(input_tokens), sum(output_tokens), sum(seconds)
FROM roadmaps_modelcall
WHERE created_at >= %(since)s AND created_at < %(until)s
GROUP BY 1, 2, 3
ON CONFLICT DO NOTHING
"""


def summed_up_until() -> datetime:
    """The time up to which calls are in the sums; those from then on have to be asked for."""
    last = ModelUsage.objects.aggregate(last=Max("begins_at"))["last"]
    return last + QUARTER if last else BEGINNING


def sum_up() -> int:
    """Sum up the quarters that have ended since the last time; returns the number of rows."""
    until = timezone.now() - REST
    until -= (until - BEGINNING) % QUARTER
    times: dict[str, Any] = {
        "quarter": QUARTER,
        "beginning": BEGINNING,
        "since": summed_up_until(),
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUM_UP, times)
        return int(cursor.rowcount)
