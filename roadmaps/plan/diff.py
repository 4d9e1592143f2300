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
    # Changed fields: name → before, after.
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return KINDS[self.depth]


def compare(before: Plan, after: Plan) -> list[Row]:
    """Every part of both plans in reading order; what moved stands at both places."""
    return list(_Comparison(before, after).rows(shape.children(before), shape.children(after), 0))


def states(rows: list[Row]) -> dict[str, str]:
    """States of the new plan's parts that aren't as they were: id → ADDED, MOVED or CHANGED."""
    return {row.id: row.state for row in rows if row.state in (ADDED, MOVED, CHANGED)}


class _Comparison:
    def __init__(self, before: Plan, after: Plan) -> None:
        self.old = {part["id"]: part for part, _ in shape.parts(before)}
        self.new = {part["id"]: part for part, _ in shape.parts(after)}
        self.old_home = _homes(before)
        self.new_home = _homes(after)

    def rows(self, old: list[Json], new: list[Json], depth: int) -> Iterator[Row]:
        """Siblings side by side; those that keep their order stand on one line."""
        old_ids = [part["id"] for part in old]
        new_ids = [part["id"] for part in new]
        matcher = SequenceMatcher(None, old_ids, new_ids, autojunk=False)
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
            if tag == "equal":
                for part_id in old_ids[old_start:old_end]:
                    fields = self._fields(part_id)
                    state = CHANGED if fields else SAME
                    old_part, new_part = self.old[part_id], self.new[part_id]
                    yield Row(part_id, depth, state, old_part, new_part, fields=fields)
                    yield from self._inside(part_id, depth)
                continue

            for part_id in old_ids[old_start:old_end]:
                old_part = self.old[part_id]
                if part_id in self.new:
                    yield Row(part_id, depth, LEFT, old_part, None, self.new_home[part_id])
                else:
                    yield Row(part_id, depth, REMOVED, old_part, None)
                    yield from self._inside(part_id, depth)

            for part_id in new_ids[new_start:new_end]:
                new_part = self.new[part_id]
                if part_id in self.old:
                    home, fields = self.old_home[part_id], self._fields(part_id)
                    yield Row(part_id, depth, MOVED, self.old[part_id], new_part, home, fields)
                else:
                    yield Row(part_id, depth, ADDED, None, new_part)
                yield from self._inside(part_id, depth)

    def _inside(self, part_id: str, depth: int) -> Iterator[Row]:
        if depth < len(KINDS) - 1:
            old, new = self.old.get(part_id, {}), self.new.get(part_id, {})
            yield from self.rows(shape.children(old), shape.children(new), depth + 1)

    def _fields(self, part_id: str) -> dict[str, tuple[Any, Any]]:
        old, new = self.old[part_id], self.new[part_id]
        return {
            name: (old.get(name), new.get(name))
            for name in shape.CONCEPT_FIELDS
            if old.get(name) != new.get(name)
        }


def _homes(plan: Plan) -> dict[str, str]:
    """The title of what each part stands in; a stage stands in the plan."""
    homes = {stage["id"]: plan["title"] for stage in shape.children(plan)}
    for part, _ in shape.parts(plan):
        homes |= {child["id"]: part["title"] for child in shape.children(part)}
    return homes
