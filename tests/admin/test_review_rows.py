"""The parts of a review's page that it has hundreds of: the tree, the side-by-side diff and the
picture.
"""

from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape

from roadmaps.admin.review import diff as review_diff
from roadmaps.plan import diff, shape
from roadmaps.plan.picture import draw
from tests.plan.test_picture import big_plan

MARKUP = '<b>"Salt" & {pepper}</b>'


def rendered(name, **context):
    """The HTML with one space for each run of whitespace."""
    return " ".join(render_to_string(f"admin/roadmaps/{name}.html", context).split())


def tree_of(stages, edit_url):
    return rendered("_review_tree", stages=stages, edit_url=edit_url)


def row_of(pair):
    """A row without the head of the table."""
    return rendered("_review_diff", changes={"rows": [pair]}).partition('class="pair concept')[2]


def prepared(plan, **of_the_first):
    """The stages of a plan as `review_plan` prepares them."""
    for part, _ in shape.parts(plan):
        part |= {"issues": [], "state": "", "hours": 1.25, "needs": [], "unlocks": []}
    first: Any = next(shape.concepts(plan))
    first |= of_the_first
    return plan["stages"]


def test_the_tree_offers_edits_and_boxes_only_to_who_may_decide():
    stages = prepared(big_plan())
    assert tree_of(stages, "/edit/").count('name="parts"') == sum(
        1 for stage in stages for _ in shape.inside(stage)
    )
    looking = tree_of(stages, "")
    assert 'name="parts"' not in looking
    assert 'class="edit"' not in looking


def test_a_concept_tells_who_set_its_minutes_and_where_it_leads():
    issue = {"severity": "warning", "number": 3, "message": MARKUP, "suggestion": ""}
    facts = {
        "minutes_by_hand": True,
        "unlocks": [("c9", MARKUP)],
        "issues": [issue],
        "keywords": [MARKUP],
        "title": MARKUP,
    }
    tree = tree_of(prepared(big_plan(), **facts), "/edit/")
    assert tree.count("min, set by hand") == 1
    assert f'<span> Leads to <a href="#c9">{escape(MARKUP)}</a> </span> </p>' in tree
    assert f'<a class="pill" href="#issue-3">warning</a> {escape(MARKUP)} </li>' in tree
    assert MARKUP not in tree


def test_what_moved_stands_at_both_places_and_what_went_on_the_left():
    before, after = big_plan(), big_plan()
    first, second, third = list(shape.modules(after))[:3]
    third["concepts"].append(first["concepts"].pop(0))
    gone = second["concepts"].pop(0)
    rows = {
        row.state: row_of(review_diff.pair(row, []))
        for row in diff.compare(before, after)
        if row.kind == "concept"
    }
    assert (
        f'<div role="cell" class="was"> <span class="pill">moved to {third["title"]}</span>'
        in rows[diff.LEFT]
    )
    assert '<div role="cell" class="is"> </div>' in rows[diff.LEFT]
    assert '<div role="cell" class="was"> </div>' in rows[diff.MOVED]
    assert f'<span class="pill">moved from {first["title"]}</span>' in rows[diff.MOVED]
    assert (
        f'<span class="pill">removed</span> <span class="title">{gone["title"]}</span>'
        in rows[diff.REMOVED]
    )


def test_words_that_differ_are_marked_and_are_text():
    before, after = big_plan(), big_plan()
    changed = next(shape.concepts(after))
    changed["summary"] = f"{MARKUP} {changed['summary']}"
    row = next(one for one in diff.compare(before, after) if one.state == diff.CHANGED)
    pair = row_of(review_diff.pair(row, [("Minutes", "<1>", "<2>")]))
    assert "<ins>&lt;b&gt;" in pair
    assert '<p class="fact">Minutes <del>&lt;1&gt;</del></p>' in pair
    assert '<p class="fact">Minutes <ins>&lt;2&gt;</ins></p>' in pair
    assert MARKUP not in pair


def test_a_node_shows_its_difficulty_and_the_worst_of_its_issues():
    plan = big_plan()
    first, second, *_ = shape.concepts(plan)
    first["title"] = MARKUP
    picture = draw(plan, {first["id"]: ["warning", "critical"], second["id"]: ["warning"]})
    drawn = rendered("_picture", picture=picture)
    nodes = drawn.partition('<a class="concept')[2].split("</a>")
    assert 'class="flag" d="M 0 -4' in nodes[0]
    assert '<circle class="flag"' not in nodes[0]
    assert '<circle class="flag"' in nodes[1]
    assert 'class="flag"' not in nodes[2]
    assert MARKUP not in nodes[0]
    assert drawn.count('<path class="curve"') == len(picture.curves)
