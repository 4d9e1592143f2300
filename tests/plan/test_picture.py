"""A plan of any size has a picture in which nothing overlaps and everything fits."""

from itertools import combinations
from typing import Any

import pytest

from roadmaps.plan import shape
from roadmaps.plan.picture import draw, wrapped
from tests.plan.test_edits import concept, small_plan


def big_plan(stages=6, modules=5, concepts=8):
    """The largest that the rules allow; each concept needs the one before it and the first."""
    plan: Any = {
        "title": "Everything",
        "summary": "All of it",
        "next_id": 1,
        "stages": [],
    }
    done: list[str] = []
    for stage in range(stages):
        made: dict[str, Any] = {
            "id": shape.new_id(plan, "s"),
            "title": f"Stage {stage}",
            "summary": "Go",
            "modules": [],
        }
        plan["stages"].append(made)
        for module in range(modules):
            one: dict[str, Any] = {
                "id": shape.new_id(plan, "m"),
                "title": f"Module {stage}.{module}",
                "summary": "On",
                "concepts": [],
            }
            made["modules"].append(one)
            for number in range(concepts):
                key = shape.new_id(plan, "c")
                title = f"A rather long title of concept {stage}.{module}.{number}"
                one["concepts"].append(
                    concept(key, title, dict.fromkeys(done[-1:] + done[:1]), minutes=30)
                )
                done.append(key)
    return plan


def inside(inner, outer):
    return (
        outer.x <= inner.x
        and inner.right <= outer.right
        and outer.y <= inner.y < outer.y + outer.height
    )


def overlap(one, other):
    return (
        one.x < other.right
        and other.x < one.right
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize("plan", [small_plan(), big_plan()])
def test_everything_is_drawn_once_and_nothing_overlaps(plan):
    picture = draw(plan)
    boxes = [*picture.stages, *picture.modules, *picture.concepts]
    assert sorted(box.id for box in boxes) == sorted(part["id"] for part, _ in shape.parts(plan))
    for level in (picture.stages, picture.modules, picture.concepts):
        assert not any(overlap(one, other) for one, other in combinations(level, 2))
    assert all(any(inside(node, module) for module in picture.modules) for node in picture.concepts)
    assert all(any(inside(module, stage) for stage in picture.stages) for module in picture.modules)
    assert all(box.right <= picture.width and box.y + box.height <= picture.height for box in boxes)


def test_each_prerequisite_is_one_curve():
    plan = big_plan()
    drawn = [(curve.source, curve.target) for curve in draw(plan).curves]
    assert drawn == [
        (needed, one["id"]) for one in shape.concepts(plan) for needed in one["prerequisites"]
    ]


def test_a_prerequisite_that_does_not_exist_is_no_curve():
    plan = small_plan()
    next(shape.concepts(plan))["prerequisites"] = ["c99"]
    assert len(draw(plan).curves) == 4


def test_marks_are_said_in_words_too():
    picture = draw(small_plan(), {"c3": ["added", "critical"]})
    (node,) = [one for one in picture.concepts if one.id == "c3"]
    assert node.marks == ["added", "critical"]
    assert node.words == "Flour: 60 minutes, beginner (added, critical)"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Flour", ["Flour"]),
        ("", [""]),
        ("Ten words that matter", ["Ten words", "that matter"]),
        ("Far more words than two lines can hold", ["Far more", "words than…"]),
        ("Donaudampfschifffahrt", ["Donaudampfsc", "hifffahrt"]),
        ("用 Python 分析数据的第一步", ["用 Python", "分析数据的…"]),
    ],
)
def test_titles_are_wrapped_by_their_width(text, lines):
    assert wrapped(text, 12, 2) == lines
