"""Numbers as a person reads them: spans of time, counts, money."""

from datetime import timedelta
from typing import Any

COUNTED_MAX = 10_000  # rows, after which the exact number would cost more than it tells
# How a dataset of bars, one per day, looks in a chart of Unfold's.
BARS: dict[str, Any] = {
    "barPercentage": 0.85,
    "categoryPercentage": 0.85,
    "maxBarThickness": 36,
    "borderRadius": 0,
    "displayYAxis": True,
    "maxTicksXLimit": 8,
}


def span(time: timedelta) -> str:
    """A span of time in its two largest units at most, on one line: 3 d 4 h, 12 min."""
    minutes, seconds = divmod(max(0, int(time.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        units = [(days, "d"), (hours, "h")]
    elif hours:
        units = [(hours, "h"), (minutes, "min")]
    elif minutes:
        units = [(minutes, "min")]
    else:
        return f"{seconds}\N{NO-BREAK SPACE}s"
    texts = [f"{number}\N{NO-BREAK SPACE}{unit}" for number, unit in units if number]
    return "\N{NO-BREAK SPACE}".join(texts)


def count(number: int) -> str:
    """A number as 1.2M; exact below ten thousand."""
    if number < 10_000:
        return f"{number:,}"
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number / 1000:.1f}k"


def counted(number: int) -> str:
    """A number of rows that were counted up to one more than `COUNTED_MAX`."""
    if number > COUNTED_MAX:
        return f"more than {COUNTED_MAX:,}"
    return f"{number:,}"


def money(dollars: float | None) -> str:
    """An amount in dollars and cents; below a cent with four decimals."""
    if dollars is None:
        return ""
    if 0 < dollars < 0.01:
        return f"${dollars:.4f}"
    return f"${dollars:,.2f}"


def spent(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `statistics.spend()` with its numbers as text beside it."""
    tokens = {name: count(row[name] or 0) for name in ("input_tokens", "output_tokens")}
    texts = {
        "calls": f"{row['calls']:,}",
        "seconds": f"{row['seconds'] or 0:,.0f}",
        "money": money(row["cost"]),
    }
    return row | {"shown": tokens | texts}
