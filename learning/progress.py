"""How far a person is: in a concept, module, stage, roadmap and week.

A constant number of queries each.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import Count, F, FloatField, Max
from django.db.models.functions import Cast
from django.utils import timezone

from learning.models import Attempt, Reading, StudyDay
from roadmaps.models import Concept, Module, Roadmap, Stage

DONE, STARTED, NEW = "done", "started", "new"
DAYS_MAX = 1000  # of a streak


@dataclass(frozen=True)
class Step:
    """A concept and how far its reader is."""

    concept: Concept
    state: str  # done, started or new
    completed_at: datetime | None = None
    best: float | None = None  # share of right answers in the best attempt

    @property
    def completed_on(self) -> date | None:
        return timezone.localdate(self.completed_at) if self.completed_at else None

    @property
    def address(self) -> str:
        return self.concept.get_absolute_url()


class Share:
    """What of some steps is done."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.total = len(steps)
        self.done = sum(step.state == DONE for step in steps)
        self.minutes = sum(step.concept.minutes for step in steps)
        self.minutes_done = sum(step.concept.minutes for step in steps if step.state == DONE)

    @property
    def percent(self) -> int:
        return _percent(self.done, self.total)

    @property
    def mastery(self) -> int | None:
        """Mean percentage of the best attempts; None before any."""
        best = [step.best for step in self.steps if step.best is not None]
        return round(100 * sum(best) / len(best)) if best else None


class Section(Share):
    """A stage with its modules, or a module."""

    def __init__(
        self, part: Stage | Module, steps: list[Step], modules: "list[Section] | None" = None
    ) -> None:
        super().__init__(steps)
        self.part = part
        self.modules = modules or []


class Progress(Share):
    """A whole roadmap, in reading order."""

    def __init__(self, roadmap: Roadmap, steps: list[Step]) -> None:
        super().__init__(steps)
        self.roadmap = roadmap
        self.stages = list(_stages(steps))

    @property
    def upcoming(self) -> Step | None:
        """Where to go on: the first concept that isn't done."""
        return next((step for step in self.steps if step.state != DONE), None)

    def around(self, concept: Concept) -> tuple[Step | None, Step | None]:
        """The steps before and after `concept`."""
        at = next(at for at, step in enumerate(self.steps) if step.concept == concept)
        return (self.steps[at - 1] if at else None), (
            self.steps[at + 1] if at + 1 < self.total else None
        )


def _percent(done: int, total: int) -> int:
    return 100 * done // total if total else 0


def _stages(steps: list[Step]) -> Iterator[Section]:
    for stage, of_stage in groupby(steps, key=lambda step: step.concept.module.stage):
        listed = list(of_stage)
        grouped = groupby(listed, key=lambda step: step.concept.module)
        yield Section(
            stage, listed, [Section(module, list(of_module)) for module, of_module in grouped]
        )


def progress_of(user: Any, roadmap: Roadmap) -> Progress:
    concepts = list(roadmap.concepts.select_related("module__stage").order_by("order"))
    completed = _completions(user, roadmap)
    best = _best_shares(user, roadmap)
    steps = [
        Step(
            concept, _state(concept.pk, completed), completed.get(concept.pk), best.get(concept.pk)
        )
        for concept in concepts
    ]
    return Progress(roadmap, steps)


def states(user: Any, roadmap: Roadmap) -> dict[int, str]:
    """ "done", "started" or "new" by concept id."""
    completed = _completions(user, roadmap)
    return {pk: _state(pk, completed) for pk in roadmap.concepts.values_list("pk", flat=True)}


def _state(concept_id: int, completed: dict[int, datetime | None]) -> str:
    if concept_id not in completed:
        return NEW
    return DONE if completed[concept_id] else STARTED


def _completions(user: Any, roadmap: Roadmap) -> dict[int, datetime | None]:
    """When each concept that was begun was completed."""
    rows = Reading.objects.filter(user=user.pk, concept__roadmap=roadmap)
    return dict(rows.values_list("concept", "completed_at"))


def _best_shares(user: Any, roadmap: Roadmap) -> dict[int, float]:
    rows = Attempt.objects.filter(user=user.pk, concept__roadmap=roadmap, total__gt=0).order_by()
    best = Max(Cast(F("score"), FloatField()) / F("total"))
    return dict(rows.values("concept").annotate(best=best).values_list("concept", "best"))


@dataclass(frozen=True)
class Tally:
    done: int
    total: int
    upcoming: Concept | None = None

    @property
    def percent(self) -> int:
        return _percent(self.done, self.total)


def counts_of(user: Any, roadmaps: Iterable[Roadmap]) -> dict[uuid.UUID, Tally]:
    """Completed and all concepts, and the first that isn't done, of each roadmap that has some."""
    keys = [roadmap.pk for roadmap in roadmaps]
    concepts = Concept.objects.filter(roadmap__in=keys).order_by()
    completed = concepts.filter(readings__user=user.pk, readings__completed_at__isnull=False)
    done = _counted(completed)
    undone = (
        concepts.exclude(pk__in=completed.values("pk"))
        .order_by("roadmap_id", "order")
        .distinct("roadmap_id")
    )
    upcoming = {concept.roadmap_id: concept for concept in undone}
    return {
        key: Tally(done.get(key, 0), total, upcoming.get(key))
        for key, total in _counted(concepts).items()
    }


def _counted(concepts: Any) -> dict[uuid.UUID, int]:
    return dict(
        concepts.values("roadmap").annotate(count=Count("pk")).values_list("roadmap", "count")
    )


def streak(user: Any) -> int:
    """Days of study in a row, up to today, or up to yesterday while today has none yet.

    Who travels east may miss a date, and who travels west may have studied on a date that has yet
    to come. Neither ends a streak: where the zone changes, one date may be missing.
    """
    days = StudyDay.objects.filter(user=user.pk).values_list("day", "zone")[:DAYS_MAX]
    next_day, next_zone = timezone.localdate(), timezone.get_current_timezone_name()
    length = 0
    for day, kept_zone in days:
        zone = kept_zone or settings.TIME_ZONE  # as all days were counted before
        missing = (next_day - day).days - 1
        if missing > int(zone != next_zone):
            break
        length += 1
        next_day, next_zone = day, zone
    return length


@dataclass(frozen=True)
class Week:
    """What was promised for a week, what was done, and which concepts are its own."""

    first_day: date
    minutes: int
    promised: int
    steps: list[Step]

    @property
    def percent(self) -> int:
        return min(100, _percent(self.minutes, self.promised))


def weeks(progress: Progress, count: int) -> list[Week]:
    """The last `count` weeks, this one last; weeks begin on Monday where the person is."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    firsts = [monday - timedelta(weeks=back) for back in reversed(range(count))]
    return [_week(progress, first, current=first == monday) for first in firsts]


def _week(progress: Progress, first_day: date, *, current: bool) -> Week:
    after = first_day + timedelta(weeks=1)
    own = [
        step
        for step in progress.steps
        if step.completed_on and first_day <= step.completed_on < after
    ]
    minutes = sum(step.concept.minutes for step in own)
    promised = progress.roadmap.hours_per_week * 60
    return Week(
        first_day,
        minutes,
        promised,
        own + list(_planned(progress, promised - minutes)) if current else own,
    )


def _planned(progress: Progress, minutes: int) -> Iterator[Step]:
    """The next concepts in reading order that begin within `minutes`."""
    for step in progress.steps:
        if minutes <= 0:
            return
        if step.state != DONE:
            minutes -= step.concept.minutes
            yield step
