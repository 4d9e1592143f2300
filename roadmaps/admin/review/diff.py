"""Two drafts side by side: the cells of each row, with the words marked that differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from roadmaps.plan import diff

Details = list[tuple[str, str, str]]  # what changed beside the texts: name, old value, new value
Segments = list[tuple[bool, str]]  # (whether it differs, text)
TEXTS = ("title", "summary")


@dataclass(frozen=True)
class Cell:
    """One side of a pair: a part as it was, or as it is."""

    pill: str
    title: Segments
    summary: Segments
    details: list[tuple[str, str]]


@dataclass(frozen=True)
class Pair:
    """Two cells of one row; None for the side where the part doesn't stand."""

    id: str
    kind: str
    state: str
    was: Cell | None
    now: Cell | None
    folded: int = 0


@dataclass(frozen=True)
class Fold:
    """A row in place of so many parts that stayed as they were."""

    folded: int


def folded_rows(rows: list[diff.Row]) -> list[diff.Row | Fold]:
    """Rows that differ, each below its stage and module; folds in place of all others."""
    shortened: list[diff.Row | Fold] = []
    above: dict[int, diff.Row] = {}  # by depth: not yet shown
    skipped = 0
    for row in rows:
        above = {depth: parent for depth, parent in above.items() if depth < row.depth}
        if row.state == diff.SAME:
            above[row.depth] = row
            skipped += 1
            continue

        if skipped > len(above):
            shortened.append(Fold(skipped - len(above)))
        shortened += [above[depth] for depth in sorted(above)]
        shortened.append(row)
        above, skipped = {}, 0

    if skipped:
        shortened.append(Fold(skipped))
    return shortened


def pair(row: diff.Row, details: Details) -> Pair:
    """Both cells of a row.

    Where a part has moved to, the old side is empty, unless something else of it has changed as
    well.
    """
    old_texts: dict[str, Segments] = {}
    new_texts: dict[str, Segments] = {}
    for name in TEXTS:
        if name in row.fields:
            old_texts[name], new_texts[name] = words_apart(*row.fields[name])

    was = None
    if row.before is not None and (row.state != diff.MOVED or row.fields):
        pills = {diff.REMOVED: "removed", diff.LEFT: f"moved to {row.other}"}
        was = Cell(
            pill=pills.get(row.state, ""),
            title=old_texts.get("title", [(False, row.before["title"])]),
            summary=old_texts.get("summary", []),
            details=[(name, old_value) for name, old_value, _ in details],
        )

    now = None
    if row.after is not None:
        pills = {
            diff.ADDED: "added",
            diff.MOVED: f"moved from {row.other}",
            diff.CHANGED: "changed",
        }
        summary = new_texts.get("summary", [])
        if row.state == diff.ADDED and row.after["summary"]:
            summary = [(False, row.after["summary"])]
        now = Cell(
            pill=pills.get(row.state, ""),
            title=new_texts.get("title", [(False, row.after["title"])]),
            summary=summary,
            details=[(name, new_value) for name, _, new_value in details],
        )

    return Pair(row.id, row.kind, row.state, was, now)


def words_apart(old_text: str, new_text: str) -> tuple[Segments, Segments]:
    """Segments of each text, for two cells beside each other."""
    old_segments: Segments = []
    new_segments: Segments = []
    for differs, old, new in _stretches(old_text, new_text):
        old_segments.append((differs, old))
        new_segments.append((differs, new))
    return (
        [segment for segment in old_segments if segment[1]],
        [segment for segment in new_segments if segment[1]],
    )


def words_merged(old_text: str, new_text: str) -> list[tuple[str, str]]:
    """Segments of one text that holds both: (HTML element or nothing, text)."""
    segments: list[tuple[str, str]] = []
    for differs, old, new in _stretches(old_text, new_text):
        if differs:
            segments += [("del", old), ("ins", new)]
        else:
            segments.append(("", old))
    return [segment for segment in segments if segment[1]]


def _stretches(old_text: str, new_text: str) -> Iterator[tuple[bool, str, str]]:
    """Stretches of words: whether they differ, the old words, the new words."""
    old, new = old_text.split(" "), new_text.split(" ")
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        old_words = " ".join(old[old_start:old_end])
        new_words = " ".join(new[new_start:new_end])
        yield tag != "equal", old_words, new_words
