"""The lists that a reviewer wants most, one link each, with how many wait there."""

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
    # label, the query of its list, what it counts among the pending
    wanted: list[tuple[str, dict[str, str], Q]] = [
        ("Pending", pending, Q(pk__isnull=False)),
        ("Mine", {"desk": "mine"}, mine),
        ("Unassigned", {"desk": "unassigned"}, Q(assigned_to=None)),
        ("Overdue", {"due": "overdue"}, Q(due_at__lt=Now())),
        ("Round 2 and later", pending | {"rounds": "later"}, Q(round__gt=1)),
        ("Unresolved critical", pending | {"critical": "open"}, Q(open_critical__gt=0)),
    ]
    counts = _counts([condition for _, _, condition in wanted])
    given = {name: value for name, value in request.GET.items() if name != "p"}
    shown = [
        Tab(label, urlencode(query), given == query, count)
        for (label, query, _), count in zip(wanted, counts, strict=True)
    ]
    decided = {"decided_at__isnull": "0"}
    return [
        *shown,
        Tab("Decided", urlencode(decided), given == decided, ""),
        Tab("All", "", not given, ""),
    ]


def _counts(conditions: list[Q]) -> list[str]:
    """In one query.

    Beyond COUNTED_MOST only that there are more: to count all costs as much as they are many.
    """
    some = Review.objects.pending().order_by()[: COUNTED_MOST + 1]
    found = some.aggregate(
        **{f"tab{number}": Count("pk", filter=one) for number, one in enumerate(conditions)}
    )
    if found["tab0"] > COUNTED_MOST:
        return [f"{COUNTED_MOST}+", *("" for _ in conditions[1:])]
    return [str(found[f"tab{number}"]) for number, _ in enumerate(conditions)]
