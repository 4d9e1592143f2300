"""Tabs of the inbox: the lists that a reviewer wants most, with how many wait in each."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.db.models.functions import Now
from django.http import HttpRequest

from roadmaps.models import Review

COUNTED_MOST = 1000  # pending reviews; more are shown as 1000+


@dataclass(frozen=True)
class Tab:
    label: str
    query: str
    current: bool
    count: str  # empty when nothing is counted


def tabs(request: HttpRequest) -> list[Tab]:
    pending = {"status__exact": "PENDING"}
    mine = Q(assigned_to=request.user.pk) | Q(claimed_by=request.user.pk)
    # Label, the query of its list, what it counts among the pending.
    lists: list[tuple[str, dict[str, str], Q]] = [
        ("Pending", pending, Q(pk__isnull=False)),
        ("Mine", {"desk": "mine"}, mine),
        ("Unassigned", {"desk": "unassigned"}, Q(assigned_to=None)),
        ("Overdue", {"due": "overdue"}, Q(due_at__lt=Now())),
        ("Round 2 and later", pending | {"rounds": "later"}, Q(round__gt=1)),
        ("Unresolved critical", pending | {"critical": "open"}, Q(open_critical__gt=0)),
    ]

    # Of more than COUNTED_MOST, the page only says that there are more: to count them all would
    # cost as much as they are many.
    some = Review.objects.pending().order_by()[: COUNTED_MOST + 1]
    totals = some.aggregate(
        **{
            f"tab{number}": Count("pk", filter=condition)
            for number, (_, _, condition) in enumerate(lists)
        }
    )
    counts = [str(total) for total in totals.values()]
    if totals["tab0"] > COUNTED_MOST:
        counts = [f"{COUNTED_MOST}+", *("" for _ in lists[1:])]

    current = {name: value for name, value in request.GET.items() if name != "p"}
    decided = {"decided_at__isnull": "0"}
    counted = [
        Tab(label, urlencode(query), current == query, count)
        for (label, query, _), count in zip(lists, counts, strict=True)
    ]
    return [
        *counted,
        Tab("Decided", urlencode(decided), current == decided, ""),
        Tab("All", "", not current, ""),
    ]
