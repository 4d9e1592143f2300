"""Estimates of a roadmap: size from the learner's time or the plan, duration from recent calls."""

import statistics
from dataclasses import dataclass

from django.conf import settings

from roadmaps.llm import cost, model_label, without_model
from roadmaps.models import Concept, ModelCall
from roadmaps.workflow import steps

DESIGN = tuple(steps.usual_roles())
# Seconds of one call until there are recent ones of the same model.
USUAL = dict(steps.SECONDS)
# Likewise for each artifact of a concept, by its role; the app that writes them fills it.
CONTENT: dict[str, int] = {}
# Tokens of one call by role, in and out, until there are recent ones.
TOKENS: dict[str, tuple[int, int]] = {"validation": (6000, 1500)}
BUILT_IN = 0.1
RECENT = 50  # calls of a role
CONCEPT_MINUTES = 75  # until there are concepts
SIZES = (2, 240)  # concepts that a plan can have


@dataclass(frozen=True)
class Estimate:
    stages: int
    concepts: int
    artifacts: int
    calls: int
    calls_most: int  # when every automatic round is needed
    minutes: int  # of models, people's time apart; 0: less than one


def for_request(hours_per_week: int, weeks: int) -> Estimate:
    from roadmaps.llm.author.plan import size_of  # pydantic, which no worker of logs needs

    budget = hours_per_week * weeks * 60
    if without_model("curriculum"):
        stages, concepts = size_of(budget)
    else:
        recent = Concept.objects.order_by("-pk").values_list("minutes", flat=True)[: RECENT * 10]
        minutes = statistics.median(recent or [CONCEPT_MINUTES])
        concepts = min(max(round(budget / max(minutes, 1)), SIZES[0]), SIZES[1])
        stages = min(max(round(concepts / 5), 2), 6)
    design = DESIGN
    if settings.AUTO_APPROVE_MIN_SCORE is not None:
        design += (steps.APPROVAL_ROLE,)
    return _estimate(stages, concepts, design, 2 * (settings.MAX_EDIT_ROUNDS - 1))


def for_plan(stages: int, concepts: int) -> Estimate:
    """The work that is left once a plan of this size is approved."""
    return _estimate(stages, concepts, (), 0)


def _estimate(stages: int, concepts: int, design: tuple[str, ...], more_calls: int) -> Estimate:
    seconds = recent_seconds()
    artifacts = concepts * len(CONTENT)
    at_once = min(settings.LLM_CONCURRENCY, max(artifacts, 1))
    writing = concepts * sum(seconds[role] for role in CONTENT) / at_once
    longest = max(seconds[role] for role in CONTENT)  # the last one is waited for
    took = sum(seconds[role] for role in design) + max(writing, longest)
    calls = len(design) + artifacts
    return Estimate(
        stages, concepts, artifacts, calls, calls + max(more_calls, 0), round(took / 60)
    )


@dataclass(frozen=True)
class Writing:
    """The work on a course that came from elsewhere, its check included."""

    calls: int
    minutes: int  # as an Estimate's
    cost: float | None  # dollars; None where a model has no price


def for_missing(missing: dict[str, int]) -> Writing:
    """`missing`: how many artifacts of each role are to be written."""
    seconds = recent_seconds()
    calls = {"validation": 1, **missing}
    at_once = min(settings.LLM_CONCURRENCY, max(sum(missing.values()), 1))
    took = sum(seconds[role] * count for role, count in missing.items()) / at_once
    longest = max((seconds[role] for role, count in missing.items() if count), default=0)
    costs = [_cost(role, count) for role, count in calls.items() if count]
    known = [price for price in costs if price is not None]
    return Writing(
        calls=sum(calls.values()),
        minutes=round((seconds["validation"] + max(took, longest)) / 60),
        cost=sum(known) if len(known) == len(costs) else None,
    )


def _cost(role: str, calls: int) -> float | None:
    """The price of so many calls with the median tokens of recent ones."""
    model = model_label(role)
    if without_model(role):
        return 0.0
    recent = ModelCall.objects.filter(role=role, model=model).order_by("-id")
    tokens = list(recent.values_list("input_tokens", "output_tokens")[:RECENT])
    sides = zip(*tokens or [TOKENS[role]], strict=True)
    given, written = (round(calls * statistics.median(side)) for side in sides)
    return cost(model, given, written)


def recent_seconds() -> dict[str, float]:
    """Seconds of a call by role: the median of its model's latest calls."""
    usual = USUAL | CONTENT
    latest = []
    for role in usual:
        label = model_label(role)
        # Ranges of one value, in the index's whole order: PostgreSQL would else look for them from
        # the newest call of any role on, which for a rare role is every call.
        calls = ModelCall.objects.filter(role__range=(role, role), model__range=(label, label))
        calls = calls.order_by("-role", "-model", "-id")
        latest.append(calls.values_list("role", "seconds")[:RECENT])

    recent: dict[str, list[float]] = {}
    for role, seconds in latest[0].union(*latest[1:], all=True):
        recent.setdefault(role, []).append(seconds)

    medians = {role: statistics.median(times) for role, times in recent.items()}
    built_in = {role: BUILT_IN for role in usual if without_model(role)}
    return usual | built_in | medians
