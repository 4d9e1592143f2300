"""Differences of two plans, part by part on ids.

They are computed from the plans themselves, whoever changed them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from roadmaps.plan import shape
from roadmaps.plan.shape import Plan

Json = dict[str, Any]
SAME, CHANGED, ADDED, REMOVED, MOVED, LEFT = "same", "changed", "added", "removed", "moved", "left"
KINDS = ("stage", "module", "concept")


@dataclass(frozen=True)
class Row:
    """A line of a side-by-side diff: the part as it was and as it is, either of them None where it
    doesn't stand.

    `state` LEFT is the old place of a part that MOVED; `other` is then the title of where it went
    or came from.
    """

    id: str
    depth: int  # 0 stage, 1 module, 2 concept
    state: str
    before: Json | None
    after: Json | None
    other: str = ""
    fields: dict[str, tuple[Any, Any]] = field(
        default_factory=dict
    )  # what changed: name → before, after

    @property
    def kind(self) -> str:
        return KINDS[self.depth]


def compare(before: Plan, after: Plan) -> list[Row]:
    """Every part of both plans in reading order; what moved stands at both places."""
    return list(_Comparison(before, after).rows(shape.children(before), shape.children(after), 0))


def states(rows: list[Row]) -> dict[str, str]:
    """Of the parts of the new plan that aren't as they were: id → ADDED, MOVED or CHANGED."""
    return {row.id: row.state for row in rows if row.state in (ADDED, MOVED, CHANGED)}


class _Comparison:
    def __init__(self, before: Plan, after: Plan) -> None:
        self.old = {part["id"]: part for part, _ in shape.parts(before)}
        self.new = {part["id"]: part for part, _ in shape.parts(after)}
        self.old_home, self.new_home = _homes(before), _homes(after)

    def rows(self, old: list[Json], new: list[Json], depth: int) -> Iterator[Row]:
        """Siblings side by side; those that keep their order stand on one line."""
        old_ids, new_ids = [part["id"] for part in old], [part["id"] for part in new]
        matcher = SequenceMatcher(None, old_ids, new_ids, autojunk=False)
        for _, old_start, old_end, new_start, new_end in matcher.get_opcodes():
            gone, come = old_ids[old_start:old_end], new_ids[new_start:new_end]
            if gone == come:
                for one in gone:
                    yield from self._stayed(one, depth)
            else:
                for one in gone:
                    yield from self._gone(one, depth)
                for one in come:
                    yield from self._come(one, depth)

    def _stayed(self, one: str, depth: int) -> Iterator[Row]:
        fields = self._fields(one)
        yield Row(
            one, depth, CHANGED if fields else SAME, self.old[one], self.new[one], fields=fields
        )
        yield from self._inside(one, depth)

    def _inside(self, one: str, depth: int) -> Iterator[Row]:
        if depth < len(KINDS) - 1:
            old, new = self.old.get(one, {}), self.new.get(one, {})
            yield from self.rows(shape.children(old), shape.children(new), depth + 1)

    def _gone(self, one: str, depth: int) -> Iterator[Row]:
        if one in self.new:
            yield Row(one, depth, LEFT, self.old[one], None, other=self.new_home[one])
        else:
            yield Row(one, depth, REMOVED, self.old[one], None)
            yield from self._inside(one, depth)

    def _come(self, one: str, depth: int) -> Iterator[Row]:
        if one in self.old:
            yield Row(
                one,
                depth,
                MOVED,
                self.old[one],
                self.new[one],
                self.old_home[one],
                self._fields(one),
            )
        else:
            yield Row(one, depth, ADDED, None, self.new[one])
        yield from self._inside(one, depth)

    def _fields(self, one: str) -> dict[str, tuple[Any, Any]]:
        old, new = self.old[one], self.new[one]
        return {
            name: (old.get(name), new.get(name))
            for name in shape.CONCEPT_FIELDS
            if old.get(name) != new.get(name)
        }


def _homes(plan: Plan) -> dict[str, str]:
    """The title of what each part stands in; a stage stands in the plan."""
    return {
        child["id"]: part["title"]
        for part in (plan, *(p for p, _ in shape.parts(plan)))
        for child in shape.children(part)
    }
