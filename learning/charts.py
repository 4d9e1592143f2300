"""Geometry of the chart of study weeks, which templates draw as SVG."""

from dataclasses import dataclass

from learning.progress import Week

WIDTH, HEIGHT, FOOT = 320, 132, 20  # of the drawing; FOOT is for the labels below the bars
GAP = 10
HEADROOM = 1.15  # the highest bar leaves room for its number


@dataclass(frozen=True)
class Bar:
    week: Week
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def above(self) -> float:
        return self.y - 4


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    promised_y: float
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - FOOT
    label_y: int = HEIGHT - 5


def draw(weeks: list[Week]) -> Chart:
    """A bar per week, and a line at the minutes that were promised."""
    base = HEIGHT - FOOT
    highest = max(max(week.promised, week.minutes) for week in weeks)
    scale = base / (HEADROOM * highest)
    width = (WIDTH - GAP * (len(weeks) + 1)) / len(weeks)

    bars = []
    for index, week in enumerate(weeks):
        height = round(week.minutes * scale, 1)
        x = round(GAP + index * (width + GAP), 1)
        bars.append(Bar(week, x, round(base - height, 1), round(width, 1), height))
    return Chart(bars, round(base - weeks[-1].promised * scale, 1))
