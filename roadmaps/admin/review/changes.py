"""Changes since the last version of a plan: operation by operation, and side by side."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from roadmaps.admin.review.diff import TEXTS, Fold, Pair, folded_rows, pair, words_merged
from roadmaps.admin.review.history import base_of, drafts_between, review_of
from roadmaps.models import Draft, Review
from roadmaps.plan import diff, shape

Json = dict[str, Any]
LABELS = {"minutes": "Minutes", "prerequisites": "Needs", "into": "In", "position": "Place"}
# The values shown of an operation. A merge or split has two different parts before and after it,
# so nothing of them can be compared.
SHOWN: dict[str, tuple[str, ...]] = {
    "add": ("summary", "minutes", "difficulty", "prerequisites"),
    "remove": ("summary", "minutes"),
    "merge": (),
    "split": (),
}
SHOWN_OF_OTHERS = (*shape.CONCEPT_FIELDS, "into", "position")
COUNTED = (diff.ADDED, diff.REMOVED, diff.MOVED, diff.CHANGED)


@dataclass(frozen=True)
class Changes:
    """Changes between two drafts; without a `base` there is nothing to compare with."""

    base: Draft | None
    cause: Review | None  # the review whose comment asked for it
    about: list[tuple[str, str]]  # id and title of each part that the comment points at
    steps: list[Json]  # a draft, with its operations ready to be read
    rows: list[Pair | Fold]  # the side-by-side diff without what stayed
    states: dict[str, str]  # of the parts of the plan now
    counts: list[tuple[str, int]]


def changes(draft: Draft, rounds: list[Draft], against: str) -> Changes:
    base = base_of(draft, rounds, against)
    if base is None:
        return Changes(None, None, [], [], [], {}, [])
    old_plan = Draft.objects.only("plan").get(pk=base.pk).plan
    rows = diff.compare(old_plan, draft.plan)
    titles = shape.titles(old_plan) | shape.titles(draft.plan)

    cause = None
    about = []
    if review := review_of(base):
        about = [(part_id, titles.get(part_id, part_id)) for part_id in review.parts]
        if review.comment:
            cause = review

    steps = []
    for later in drafts_between(base, draft):
        operations = [operation_of(entry, titles) for entry in later.operations]
        steps.append({"draft": later, "operations": operations})

    counts = Counter(row.state for row in rows)
    return Changes(
        base=base,
        cause=cause,
        about=about,
        steps=steps,
        rows=pairs_of(rows, titles),
        states=diff.states(rows),
        counts=[(state, counts[state]) for state in COUNTED if counts[state]],
    )


def operation_of(entry: Json, titles: dict[str, str]) -> Json:
    """An operation for the page; `details` has the name of each changed value, and its text in
    segments.
    """
    old_values = entry.get("before") or {}
    new_values = entry.get("after") or {}
    details = []
    for name in SHOWN.get(entry["op"], SHOWN_OF_OTHERS):
        old_text = _text(name, old_values.get(name), titles)
        new_text = _text(name, new_values.get(name), titles)
        if old_text != new_text:
            details.append((_label(name), words_merged(old_text, new_text)))
    operation = {name: entry[name] for name in ("op", "text", "reason", "target")}
    return operation | {"details": details}


def pairs_of(rows: list[diff.Row], titles: dict[str, str]) -> list[Pair | Fold]:
    """Pairs with the values that changed beside the texts, and folds."""
    pairs: list[Pair | Fold] = []
    for row in folded_rows(rows):
        if isinstance(row, Fold):
            pairs.append(row)
            continue
        details = []
        for name, (old_value, new_value) in row.fields.items():
            if name not in TEXTS:
                old_text = _text(name, old_value, titles)
                new_text = _text(name, new_value, titles)
                details.append((_label(name), old_text, new_text))
        pairs.append(pair(row, details))
    return pairs


def _label(name: str) -> str:
    return LABELS.get(name, name.capitalize())


def _text(name: str, value: Any, titles: dict[str, str]) -> str:
    """A value as the page writes it; empty when there is none."""
    if value is None:
        return ""
    if name == "prerequisites":
        return ", ".join(titles.get(part_id, part_id) for part_id in value) or "nothing"
    if name == "position":
        return str(value + 1)
    if isinstance(value, list):
        return ", ".join(value)
    return str(value)
