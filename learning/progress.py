"""Progress of a person in a concept, module, stage, roadmap and week.

Each function needs a constant number of queries.
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
    """A concept and its reader's progress in it."""

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


class Completion:
    """The completion of some steps, and the mastery that their quizzes show."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.total = len(steps)
        self.done = sum(step.state == DONE for step in steps)

    @property
    def mastery(self) -> int | None:
        """Mean percentage of the best attempts; None before any."""
        scores = [step.best for step in self.steps if step.best is not None]
        if not scores:
            return None
        return round(100 * sum(scores) / len(scores))


class Section(Completion):
    """A stage with its modules, or a module."""

    def __init__(
        self, part: Stage | Module, steps: list[Step], modules: "list[Section] | None" = None
    ) -> None:
        super().__init__(steps)
        self.part = part
        self.modules = modules or []


class Progress(Completion):
    """The progress in a whole roadmap, in reading order."""

    def __init__(self, roadmap: Roadmap, steps: list[Step]) -> None:
        super().__init__(steps)
        self.roadmap = roadmap
        self.stages: list[Section] = []
        for stage, group in groupby(steps, key=lambda step: step.concept.module.stage):
            of_stage = list(group)
            by_module = groupby(of_stage, key=lambda step: step.concept.module)
            modules = [Section(module, list(of_module)) for module, of_module in by_module]
            self.stages.append(Section(stage, of_stage, modules))

    @property
    def upcoming(self) -> Step | None:
        """The next concept to read: the first that isn't done."""
        return next((step for step in self.steps if step.state != DONE), None)

    def neighbours(self, concept: Concept) -> tuple[Step | None, Step | None]:
        """The steps before and after `concept`."""
        padded: list[Step | None] = [None, *self.steps, None]
        for previous, step, following in zip(padded, self.steps, padded[2:], strict=False):
            if step.concept == concept:
                return previous, following
        raise LookupError(f"{concept} is no step of {self.roadmap}")


def progress_of(user: Any, roadmap: Roadmap) -> Progress:
    concepts = list(roadmap.concepts.select_related("module__stage").order_by("order"))
    completed = _completions(user, roadmap)

    attempts = Attempt.objects.filter(user=user.pk, concept__roadmap=roadmap, total__gt=0)
    best_score = Max(Cast(F("score"), FloatField()) / F("total"))
    by_concept = attempts.order_by().values("concept").annotate(best=best_score)
    best = dict(by_concept.values_list("concept", "best"))

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
    """Times of completion by concept, for each concept that was begun; None while it isn't done."""
    rows = Reading.objects.filter(user=user.pk, concept__roadmap=roadmap)
    return dict(rows.values_list("concept", "completed_at"))


@dataclass(frozen=True)
class Tally:
    """The numbers of completed and of all concepts of a roadmap, and the next one to read."""

    done: int
    total: int
    upcoming: Concept | None = None


def counts_of(user: Any, roadmaps: Iterable[Roadmap]) -> dict[uuid.UUID, Tally]:
    """The tally of each roadmap that has concepts."""
    keys = [roadmap.pk for roadmap in roadmaps]
    concepts = Concept.objects.filter(roadmap__in=keys).order_by()
    completed = concepts.filter(readings__user=user.pk, readings__completed_at__isnull=False)
    completed_counts = _count_by_roadmap(completed)
    undone = (
        concepts.exclude(pk__in=completed.values("pk"))
        .order_by("roadmap_id", "order")
        .distinct("roadmap_id")
    )
    upcoming = {concept.roadmap_id: concept for concept in undone}
    return {
        key: Tally(completed_counts.get(key, 0), total, upcoming.get(key))
        for key, total in _count_by_roadmap(concepts).items()
    }


def _count_by_roadmap(concepts: Any) -> dict[uuid.UUID, int]:
    return dict(
        concepts.values("roadmap").annotate(count=Count("pk")).values_list("roadmap", "count")
    )


def streak(user: Any) -> int:
    """Days of study in a row, up to today, or up to yesterday while today has none yet.

    A person who travels east may miss a date, and one who travels west may have studied on a date
    that has yet to come. Neither ends a streak: where the zone changes, one date may be missing.
    """
    days = StudyDay.objects.filter(user=user.pk).values_list("day", "zone")[:DAYS_MAX]
    next_day, next_zone = timezone.localdate(), timezone.get_current_timezone_name()
    length = 0
    for day, stored_zone in days:
        zone = stored_zone or settings.TIME_ZONE  # days of older releases have none
        missing = (next_day - day).days - 1
        if missing > int(zone != next_zone):
            break
        length += 1
        next_day, next_zone = day, zone
    return length


@dataclass(frozen=True)
class Week:
    """A week of study: minutes done, minutes promised, and the week's concepts."""

    first_day: date
    minutes: int
    promised: int
    steps: list[Step]

    @property
    def percent(self) -> int:
        if not self.promised:
            return 0
        return min(100, 100 * self.minutes // self.promised)


def weeks(progress: Progress, count: int) -> list[Week]:
    """The last `count` weeks, this one last; weeks begin on Monday where the person is."""
    today = timezone.localdate()
    this_monday = today - timedelta(days=today.weekday())
    promised = progress.roadmap.hours_per_week * 60

    weeks = []
    for weeks_ago in reversed(range(count)):
        monday = this_monday - timedelta(weeks=weeks_ago)
        next_monday = monday + timedelta(weeks=1)
        steps = [
            step
            for step in progress.steps
            if step.completed_on and monday <= step.completed_on < next_monday
        ]
        minutes = sum(step.concept.minutes for step in steps)
        if monday == this_monday:
            steps += planned_steps(progress, promised - minutes)
        weeks.append(Week(monday, minutes, promised, steps))
    return weeks


def planned_steps(progress: Progress, minutes: int) -> Iterator[Step]:
    """The next concepts in reading order that begin within `minutes`."""
    for step in progress.steps:
        if minutes <= 0:
            return
        if step.state != DONE:
            minutes -= step.concept.minutes
            yield step
