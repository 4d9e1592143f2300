"""Two drafts side by side: the cells of each row, with the words marked that differ."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from roadmaps.plan import diff

Facts = list[tuple[str, str, str]]  # what else changed: name, before, after
Segments = list[tuple[bool, str]]  # (whether it differs, text)
TEXTS = ("title", "summary")


@dataclass(frozen=True)
class Cell:
    """One side of a pair: a part as it was, or as it is."""

    pill: str
    title: Segments
    summary: Segments
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class Pair:
    id: str
    kind: str
    state: str
    was: Cell | None
    now: Cell | None
    folded: int = 0


@dataclass(frozen=True)
class Fold:
    """In place of so many parts that stayed as they were."""

    folded: int


def pair(row: diff.Row, facts: Facts) -> Pair:
    was, now = _marked(row.fields)
    return Pair(row.id, row.kind, row.state, _was(row, was, facts), _now(row, now, facts))


def _was(row: diff.Row, texts: dict[str, Segments], facts: Facts) -> Cell | None:
    """Where a part has moved to, this side is empty, unless something else of it has changed as
    well.
    """
    if row.before is None or (row.state == diff.MOVED and not row.fields):
        return None
    pills = {diff.REMOVED: "removed", diff.LEFT: f"moved to {row.other}"}
    return Cell(
        pill=pills.get(row.state, ""),
        title=texts.get("title", [(False, row.before["title"])]),
        summary=texts.get("summary", []),
        facts=[(name, before) for name, before, _ in facts],
    )


def _now(row: diff.Row, texts: dict[str, Segments], facts: Facts) -> Cell | None:
    if row.after is None:
        return None
    pills = {diff.ADDED: "added", diff.MOVED: f"moved from {row.other}", diff.CHANGED: "changed"}
    summary = texts.get("summary", [])
    if row.state == diff.ADDED and row.after["summary"]:
        summary = [(False, row.after["summary"])]
    return Cell(
        pill=pills.get(row.state, ""),
        title=texts.get("title", [(False, row.after["title"])]),
        summary=summary,
        facts=[(name, after) for name, _, after in facts],
    )


def _marked(fields: dict[str, tuple[Any, Any]]) -> tuple[dict[str, Segments], dict[str, Segments]]:
    """Title and summary where they changed, as they were and as they are."""
    was, now = {}, {}
    for name in TEXTS:
        if name in fields:
            was[name], now[name] = words_apart(*fields[name])
    return was, now


def words_apart(before: str, after: str) -> tuple[Segments, Segments]:
    old, new = before.split(" "), after.split(" ")
    left: Segments = []
    right: Segments = []
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        left.append((tag != "equal", " ".join(old[old_start:old_end])))
        right.append((tag != "equal", " ".join(new[new_start:new_end])))
    return [one for one in left if one[1]], [one for one in right if one[1]]
