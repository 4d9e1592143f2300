"""Changes since the last version of a plan: operation by operation, and side by side."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from roadmaps.admin.review.diff import TEXTS, Facts, Fold, Pair, pair
from roadmaps.admin.review.history import review_of
from roadmaps.models import Draft, Review
from roadmaps.plan import diff, shape
from roadmaps.review.decisions import RESUMING

Json = dict[str, Any]
WORDS = {"minutes": "Minutes", "prerequisites": "Needs", "into": "In", "position": "Place"}
SHOWN: dict[str, tuple[str, ...]] = {
    "add": ("summary", "minutes", "difficulty", "prerequisites"),
    "remove": ("summary", "minutes"),
    "merge": (),  # before and after are two parts, so they are no facts of one
    "split": (),
}
EDITED = Draft.Origin.EDITED


@dataclass(frozen=True)
class Changes:
    """`base` None: there is nothing to compare with."""

    base: Draft | None
    cause: Review | None  # the review whose comment asked for it
    about: list[tuple[str, str]]  # id and title of each part that the comment points at
    steps: list[Json]  # a draft, with its operations ready to be read
    rows: list[Pair | Fold]  # the side-by-side diff without what stayed
    states: dict[str, str]  # of the parts of the plan now
    counts: list[tuple[str, int]]


def changes(draft: Draft, rounds: list[Draft], against: str) -> Changes:
    base = _base(draft, rounds, against)
    if base is None:
        return Changes(None, None, [], [], [], {}, [])
    before = Draft.objects.only("plan").get(pk=base.pk).plan
    found = diff.compare(before, draft.plan)
    titles = {
        part["id"]: part["title"] for plan in (before, draft.plan) for part, _ in shape.parts(plan)
    }
    decided = review_of(base)
    return Changes(
        base=base,
        cause=decided if decided and decided.comment else None,
        about=[(one, titles.get(one, one)) for one in (decided.parts if decided else [])],
        steps=_steps(draft, base, titles),
        rows=[_side_by_side(row, titles) for row in _folded(found)],
        states=diff.states(found),
        counts=_counts(found),
    )


def _base(draft: Draft, rounds: list[Draft], against: str) -> Draft | None:
    """The chosen one; else the last that was decided about; else the one before the reviewers'
    edits of it.
    """
    earlier = [one for one in rounds if one.number < draft.number]
    chosen = [one for one in earlier if str(one.number) == against]
    decided = [one for one in earlier if (review := review_of(one)) and review.status in RESUMING]
    edited = [one for one in earlier if draft.origin == EDITED and one.origin != EDITED]
    return next((found[-1] for found in (chosen, decided, edited) if found), None)


def _steps(draft: Draft, base: Draft, titles: dict[str, str]) -> list[Json]:
    """The drafts after `base` up to this one, each with what was done to the draft before it."""
    between = Draft.objects.filter(
        roadmap=draft.roadmap_id, number__gt=base.number, number__lte=draft.number
    )
    found = between.defer("plan", "report", "intent").select_related("author").order_by("number")
    return [
        {"draft": one, "operations": [_operation(entry, titles) for entry in one.operations]}
        for one in found
    ]


def _operation(entry: Json, titles: dict[str, str]) -> Json:
    """`facts`: what, and its text in segments."""
    before, after = entry.get("before") or {}, entry.get("after") or {}
    names = SHOWN.get(entry["op"], (*shape.CONCEPT_FIELDS, "into", "position"))
    said = {name: (_said(name, before, titles), _said(name, after, titles)) for name in names}
    facts = [
        (_label(name), _merged(*texts)) for name, texts in said.items() if texts[0] != texts[1]
    ]
    return {name: entry[name] for name in ("op", "text", "reason", "target")} | {"facts": facts}


def _merged(before: str, after: str) -> list[tuple[str, str]]:
    """One text of both: (HTML element or nothing, words)."""
    old, new = before.split(" "), after.split(" ")
    found: list[tuple[str, str]] = []
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            found.append(("", " ".join(old[old_start:old_end])))
        else:
            found += [
                ("del", " ".join(old[old_start:old_end])),
                ("ins", " ".join(new[new_start:new_end])),
            ]
    return [one for one in found if one[1]]


def _label(name: str) -> str:
    return WORDS.get(name, name.capitalize())


def _said(name: str, values: Json, titles: dict[str, str]) -> str:
    value = values.get(name)
    if name == "prerequisites" and value is not None:
        return ", ".join(titles.get(one, one) for one in value) or "nothing"
    if name == "position" and value is not None:
        return str(value + 1)
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _counts(rows: list[diff.Row]) -> list[tuple[str, int]]:
    kinds = (diff.ADDED, diff.REMOVED, diff.MOVED, diff.CHANGED)
    counted = [(state, sum(row.state == state for row in rows)) for state in kinds]
    return [pair for pair in counted if pair[1]]


def _folded(rows: list[diff.Row]) -> list[diff.Row | int]:
    """What differs, below the stage and module that it stands in; a number where so many parts
    stayed as they were.
    """
    folded: list[diff.Row | int] = []
    above: dict[int, diff.Row] = {}  # by depth: not yet shown
    skipped = 0
    for row in rows:
        above = {depth: one for depth, one in above.items() if depth < row.depth}
        if row.state == diff.SAME:
            above[row.depth] = row
            skipped += 1
            continue
        if skipped - len(above):
            folded.append(skipped - len(above))
        folded += [above[depth] for depth in sorted(above)] + [row]
        above, skipped = {}, 0
    return folded + ([skipped] if skipped else [])


def _side_by_side(row: diff.Row | int, titles: dict[str, str]) -> Pair | Fold:
    if isinstance(row, int):
        return Fold(row)
    return pair(row, _facts(row, titles))


def _facts(row: diff.Row, titles: dict[str, str]) -> Facts:
    """What changed beside the texts."""
    names = [name for name in row.fields if name not in TEXTS]
    said = {
        name: [_said(name, {name: value}, titles) for value in row.fields[name]] for name in names
    }
    return [(_label(name), before, after) for name, (before, after) in said.items()]
