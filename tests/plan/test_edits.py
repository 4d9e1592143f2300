"""Edits are exact: what no operation names stays as it was."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadmaps.plan import edits, pinned_minutes, rules, shape
from roadmaps.plan.schemas import Operation


def concept(key, title, prerequisites=(), minutes=60):
    return {
        "id": key,
        "title": title,
        "summary": f"About {title}",
        "minutes": minutes,
        "difficulty": "beginner",
        "prerequisites": list(prerequisites),
        "keywords": [title],
        "outcomes": [f"Can use {title}"],
    }


def small_plan():
    return {
        "title": "Bread",
        "summary": "Baking",
        "next_id": 20,
        "stages": [
            {
                "id": "s1",
                "title": "Begin",
                "summary": "First",
                "modules": [
                    {
                        "id": "m2",
                        "title": "Dough",
                        "summary": "Dough",
                        "concepts": [concept("c3", "Flour"), concept("c4", "Water", ["c3"])],
                    }
                ],
            },
            {
                "id": "s5",
                "title": "Bake",
                "summary": "Then",
                "modules": [
                    {
                        "id": "m6",
                        "title": "Oven",
                        "summary": "Heat",
                        "concepts": [concept("c7", "Heat", ["c4"])],
                    },
                    {
                        "id": "m8",
                        "title": "Loaf",
                        "summary": "Form",
                        "concepts": [concept("c9", "Shape", ["c3", "c7"])],
                    },
                ],
            },
        ],
    }


def operation(op, target, **fields):
    return Operation(op=op, target=target, reason="the comment asks for it", **fields)


def apply(*operations):
    return edits.apply(small_plan(), list(operations))


def by_id(plan):
    return {part["id"]: part for part, _ in shape.parts(plan)}


def test_add_puts_a_new_concept_where_it_was_asked_for():
    plan, applied, skipped = apply(
        operation("add", "m2", position=1, title="Salt", summary="Why salt", minutes=30)
    )
    assert [one["title"] for one in by_id(plan)["m2"]["concepts"]] == ["Flour", "Salt", "Water"]
    assert applied[0]["after"]["id"] == "c20"
    assert plan["next_id"] == 21
    assert skipped == []


def test_remove_takes_the_links_and_what_it_left_empty_along():
    plan, applied, _ = apply(operation("remove", "c7"))
    assert "m6" not in by_id(plan)
    assert by_id(plan)["c9"]["prerequisites"] == ["c3"]
    assert "which it left empty" in applied[0]["text"]


def test_modify_changes_only_the_given_fields():
    plan, applied, _ = apply(operation("modify", "c4", minutes=90))
    assert by_id(plan)["c4"] == by_id(small_plan())["c4"] | {"minutes": 90}
    assert (applied[0]["before"], applied[0]["after"]) == ({"minutes": 60}, {"minutes": 90})


def test_move_merge_and_split_keep_the_minutes():
    for one in (
        operation("move", "c3", into="m6", position=0),
        operation("merge", "c4", into="c3"),
        operation("split", "c3", title="Rye flour", summary="Its own thing"),
    ):
        plan, applied, _ = apply(one)
        assert applied
        assert shape.minutes(plan) == shape.minutes(small_plan())


def test_merging_rewires_who_needed_the_part():
    plan, _, _ = apply(operation("merge", "c4", into="c3"))
    assert by_id(plan)["c7"]["prerequisites"] == ["c3"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (operation("remove", "c99"), "no part 'c99'"),
        (operation("add", "s1", title="Salt", summary="Why"), "added to a module"),
        (operation("add", "m2", title="Salt"), "needs a title and a summary"),
        (operation("modify", "c4", minutes=60), "change nothing"),
        (operation("move", "m2", into="m6"), "module into a stage"),
        (operation("merge", "m2", into="c3"), "into another concept"),
        (operation("split", "m2", title="Salt", summary="Why"), "only a concept"),
        (operation("remove", "s1"), "fewer than 2 stages"),
    ],
)
def test_what_cannot_be_done_is_skipped_with_a_sentence(bad, why):
    plan, applied, skipped = apply(bad)
    assert plan == small_plan()
    assert applied == []
    assert why in skipped[0]


def marked_plan():
    plan = small_plan()
    by_id(plan)["c4"][pinned_minutes.MARK] = True
    return plan


@pytest.mark.parametrize(
    "taken",
    [
        operation("modify", "c4", minutes=90),
        operation("split", "c4", title="Hard water", summary="Its own thing"),
        operation("merge", "c3", into="c4"),
    ],
)
def test_minutes_set_by_hand_stay_when_nobody_asks(taken):
    plan, applied, skipped = edits.apply(
        marked_plan(), [taken], kept=pinned_minutes.kept(marked_plan(), "More salt")
    )
    assert (plan, applied) == (marked_plan(), [])
    assert "set the minutes of c4 by hand" in skipped[0]


def test_the_rest_of_an_operation_on_them_is_done():
    one = operation("modify", "c4", minutes=90, title="Warm water", prerequisites=[])
    plan, (entry,), _ = edits.apply(marked_plan(), [one], kept=frozenset({"c4"}))
    assert entry["after"] == {"title": "Warm water", "prerequisites": []}
    assert by_id(plan)["c4"]["minutes"] == 60


@pytest.mark.parametrize("gone", [operation("remove", "c4"), operation("merge", "c4", into="c3")])
def test_no_automatic_round_takes_their_concept_out(gone):
    kept = pinned_minutes.kept(marked_plan())
    assert edits.apply(marked_plan(), [gone], kept=kept, removable=False)[0] == marked_plan()
    assert "c4" not in by_id(edits.apply(marked_plan(), [gone], kept=kept)[0])
    whole = edits.apply(marked_plan(), [operation("remove", "m2")], kept=kept, removable=False)
    assert whole[0] == marked_plan()


@pytest.mark.parametrize(
    ("comment", "parts", "kept"),
    [
        ("", (), {"c4"}),
        ("More salt", ("c3", "m6"), {"c4"}),
        ("Less about  WATER, please", (), set()),
        ("Shorten the module Dough", (), set()),
        ("Too long", ("c4",), set()),
        ("Too long", ("s1",), set()),
    ],
)
def test_a_comment_frees_the_concepts_that_it_is_about(comment, parts, kept):
    assert pinned_minutes.kept(marked_plan(), comment, parts) == kept
    assert pinned_minutes.kept(small_plan(), comment, parts) == set()


def test_no_edit_closes_a_circle():
    plan, _, _ = apply(operation("modify", "c3", prerequisites=["c9", "c4"]))
    assert by_id(plan)["c3"]["prerequisites"] == []


ids = st.sampled_from([part["id"] for part, _ in shape.parts(small_plan())] + ["c99"])
maybe = st.none() | ids
operations = st.builds(
    operation,
    st.sampled_from(["add", "remove", "modify", "move", "merge", "split"]),
    ids,
    into=maybe,
    position=st.none() | st.integers(0, 40),
    title=st.none() | st.sampled_from(["Salt", "Yeast", "Water"]),
    summary=st.none() | st.just("A summary"),
    minutes=st.none() | st.integers(10, 300),
    prerequisites=st.none() | st.lists(ids, max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(operations, max_size=8))
def test_any_operations_leave_a_sound_plan_and_touch_only_what_they_name(chosen):
    before = small_plan()
    kept = copy.deepcopy(before)
    plan, applied, skipped = edits.apply(before, chosen)
    assert before == kept
    assert len(applied) + len(skipped) == len(chosen)
    found = [part["id"] for part, _ in shape.parts(plan)]
    assert len(found) == len(set(found))
    assert all(module["concepts"] for module in shape.modules(plan))
    known = {one["id"] for one in shape.concepts(plan)}
    assert all(needed in known for one in shape.concepts(plan) for needed in one["prerequisites"])
    named = {one["target"] for one in applied} | {one.into for one in chosen if one.into}
    untouched = set(by_id(kept)) & set(by_id(plan)) - named
    for key in untouched:
        facts = ("title", "summary", "minutes", "difficulty", "keywords", "outcomes")
        assert all(by_id(plan)[key].get(name) == by_id(kept)[key].get(name) for name in facts)
    if not applied:
        assert plan == kept


@pytest.mark.parametrize(
    ("spoil", "code", "severity"),
    [
        (lambda plan: plan["stages"].pop(), "size", "critical"),
        (lambda plan: by_id(plan)["c3"].update(prerequisites=["c9"]), "prerequisite", "critical"),
        (lambda plan: by_id(plan)["c3"].update(prerequisites=["c77"]), "prerequisite", "critical"),
        (lambda plan: by_id(plan)["c3"].update(minutes=1000), "budget", "critical"),
        (lambda plan: by_id(plan)["c3"].update(minutes=110), "budget", "warning"),
        (lambda plan: by_id(plan)["c4"].update(title=" FLOUR"), "duplicate", "critical"),
        (lambda plan: by_id(plan)["c4"].update(outcomes=[" "]), "outcomes", "warning"),
    ],
)
def test_the_rules_find_what_code_can_find(spoil, code, severity):
    plan = small_plan()
    assert rules.check(plan, 240) == []
    spoil(plan)
    assert (code, severity) in {
        (issue["code"], issue["severity"]) for issue in rules.check(plan, 240)
    }
