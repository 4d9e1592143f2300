"""Numbers as a person reads them."""

from datetime import timedelta
from typing import Any

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
    """Its two largest units at most, on one line: 3 d 4 h, 12 min."""
    return _span(time).replace(" ", "\N{NO-BREAK SPACE}")


def _span(time: timedelta) -> str:
    minutes, seconds = divmod(max(0, int(time.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def count(number: int) -> str:
    """1 234 567 as 1.2M; exact below ten thousand."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if number >= size:
            return f"{number / (1000 if unit == 'k' else size):.1f}{unit}"
    return f"{number:,}"


def money(dollars: float | None) -> str:
    """Cents, or the first digit that isn't zero below them."""
    if dollars is None:
        return ""
    return f"${dollars:,.2f}" if dollars >= 0.01 or not dollars else f"${dollars:.4f}"


def spent(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `statistics.spend()` with its numbers as text beside it."""
    tokens = {name: count(row[name] or 0) for name in ("input_tokens", "output_tokens")}
    shown = {
        "calls": f"{row['calls']:,}",
        "seconds": f"{row['seconds'] or 0:,.0f}",
        "money": money(row["cost"]),
    }
    return row | {"shown": tokens | shown}
