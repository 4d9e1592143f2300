"""The diff of two plans tells exactly what differs, whoever changed it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadmaps.plan import diff, edits, shape
from tests.plan.test_edits import by_id, operation, operations, small_plan


def told(*changes):
    """{(id, state), …} of all that isn't the same, after these operations."""
    plan, applied, _ = edits.apply(small_plan(), list(changes))
    assert len(applied) == len(changes)
    return {(row.id, row.state) for row in diff.compare(small_plan(), plan) if row.state != "same"}


def test_equal_plans_differ_in_nothing():
    rows = diff.compare(small_plan(), small_plan())
    assert {row.state for row in rows} == {"same"}
    assert [row.id for row in rows] == [part["id"] for part, _ in shape.parts(small_plan())]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (operation("add", "m2", title="Salt", summary="Why"), {("c20", "added")}),
        (operation("remove", "c7"), {("c7", "removed"), ("m6", "removed"), ("c9", "changed")}),
        (operation("modify", "m2", title="The dough"), {("m2", "changed")}),
        (operation("move", "c4", into="m8"), {("c4", "left"), ("c4", "moved")}),
        (operation("move", "m6", into="s1"), {("m6", "left"), ("m6", "moved")}),
        (
            operation("merge", "c4", into="c3"),
            {("c4", "removed"), ("c3", "changed"), ("c7", "changed")},
        ),
        (
            operation("split", "c3", title="Rye", summary="It"),
            {("c3", "changed"), ("c20", "added")},
        ),
    ],
)
def test_each_operation_shows_as_what_it_did(change, expected):
    assert told(change) == expected


def test_a_change_tells_its_fields_and_a_move_its_places():
    changes = [
        operation("modify", "c4", minutes=90, title="Warm water"),
        operation("move", "c4", into="m8"),
    ]
    plan, _, _ = edits.apply(small_plan(), changes)
    rows = {row.state: row for row in diff.compare(small_plan(), plan) if row.id == "c4"}
    assert rows["moved"].fields == {"minutes": (60, 90), "title": ("Water", "Warm water")}
    assert (rows["moved"].other, rows["left"].other) == ("Dough", "Loaf")
    assert diff.states(diff.compare(small_plan(), plan)) == {"c4": "moved"}


@settings(max_examples=200, deadline=None)
@given(st.lists(operations, max_size=8))
def test_both_plans_can_be_read_from_the_diff(chosen):
    before = small_plan()
    after, _, _ = edits.apply(before, chosen)
    rows = diff.compare(before, after)
    olds = [row.id for row in rows if row.state in ("same", "changed", "removed", "left")]
    news = [row.id for row in rows if row.state in ("same", "changed", "added", "moved")]
    assert news == [part["id"] for part, _ in shape.parts(after)]
    assert len(olds) == len(set(olds))
    inside_moved = set(by_id(before)) - set(olds)  # parts that stayed in a moved one are told there
    assert all(key in news for key in inside_moved)
