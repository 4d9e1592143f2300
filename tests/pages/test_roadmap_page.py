"""The list and the page of a roadmap: what they say in each state, and what they cost."""

import re

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learning import reading
from roadmaps.models import Roadmap
from roadmaps.pages import workflow_state
from roadmaps.runs import publishing
from roadmaps.services import decide_review
from tests import courses
from tests.conftest import calls
from tests.plan.test_picture import big_plan

pytestmark = pytest.mark.django_db(transaction=True)


def states(page):
    return page.context["flow"].states


def course_of(owner, stages, modules, concepts):
    roadmap = Roadmap.objects.create(owner=owner, goal=courses.GOAL, status="READY", title="Big")
    publishing.create(roadmap, big_plan(stages, modules, concepts))
    return roadmap


def queries(browser, address):
    browser.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(address).status_code == 200
    return len(seen)


def test_the_flow_tells_where_it_stands_all_the_way(browser, owner):
    roadmap = courses.requested(owner)
    address = roadmap.get_absolute_url()
    assert states(browser.get(address))["analyze_intent"] == "waiting"
    courses.advance(roadmap)
    page = browser.get(address)
    assert states(page) | {
        "human_review": "paused",
        "validate_structure": "done",
        "content": "idle",
    } == states(page)
    assert "The plan as proposed" in page.content.decode()
    assert page.context["estimate"].artifacts == 3 * sum(
        len(module["concepts"])
        for stage in roadmap.drafts.get().plan["stages"]
        for module in stage["modules"]
    )
    decide_review(
        roadmap.reviews.pending().get(), "CHANGES_REQUESTED", by=None, comment="More on crust"
    )
    assert states(browser.get(address))["plan_edit"] == "waiting"
    courses.advance(roadmap)
    page = browser.get(address)
    # What the reviewer wanted went beyond the time, which the next round repaired by itself.
    assert (page.context["flow"].people_rounds, page.context["flow"].automatic_rounds) == (1, 1)
    decide_review(roadmap.reviews.pending().get(), "APPROVED", by=None)
    courses.advance(roadmap)
    assert states(browser.get(address))["content"] == "active"
    courses.advance(roadmap)
    page = browser.get(address)
    assert {states(page)[node] for node in workflow_state.MAIN} == {"done"}
    assert roadmap.concepts.first().get_absolute_url() in page.content.decode()


def test_automatic_rounds_are_counted_once_each(owner):
    roadmap = Roadmap(owner=owner, goal=courses.GOAL, status="RUNNING")
    seen = [
        ("started", "validate_structure"),
        ("finished", "validate_structure"),
        ("finished", "plan_edit"),
    ]
    seen += [
        ("started", "edit_roadmap"),
        ("finished", "edit_roadmap"),
        ("finished", "edit_roadmap"),
    ]  # after a crash
    seen += [
        ("finished", "validate_structure"),
        ("finished", "edit_roadmap"),
        ("started", "validate_structure"),
    ]
    events = [{"event": f"node_{what}", "data": {"node": node}} for what, node in seen]
    flow = workflow_state.flow_of(roadmap, events, 0)
    assert flow.automatic_rounds == 2
    assert flow.states["validate_structure"] == "active"
    assert flow.states["edit_roadmap"] == "done"


@pytest.mark.parametrize(
    "status", ["QUEUED", "RUNNING", "FAILED", "CANCELLED", "REJECTED", "PARTIAL", "READY"]
)
def test_a_roadmap_whose_log_was_pruned_still_has_its_flow(browser, owner, status):
    roadmap = Roadmap.objects.create(owner=owner, goal=courses.GOAL, status=status, graph_version=1)
    page = browser.get(roadmap.get_absolute_url())
    assert page.status_code == 200
    assert states(page)["request"] == "done"
    assert (states(page)["content"] == "done") == (status == "READY")


@pytest.mark.parametrize("status", ["PARTIAL", "READY"])
def test_a_course_that_was_imported_or_copied_claims_no_workflow(browser, owner, status):
    roadmap = Roadmap.objects.create(owner=owner, goal=courses.GOAL, status=status)
    page = browser.get(roadmap.get_absolute_url()).content.decode()
    assert "Write content" not in page
    assert "Nothing yet." in page


def test_both_pictures_of_the_flow_show_each_node_in_its_state(browser, owner):
    roadmap = courses.requested(owner)
    page = browser.get(roadmap.get_absolute_url())
    flow = page.context["flow"]
    for picture in ("wide", "narrow"):
        drawn = render_to_string(f"roadmaps/_flow_{picture}.html", {"flow": flow})
        nodes = re.findall(r'class="node (\w+)" data-node="(\w+)"', drawn)
        assert sorted((node, state) for state, node in nodes) == sorted(flow.states.items())
        assert all(f">{label}</text>" in drawn for label, _state in flow.nodes)
    assert "Goal: done. Understand: waiting for a worker." in page.content.decode()


@pytest.mark.parametrize(
    ("automatic", "people", "walked"), [(0, 0, 0), (1, 0, 3), (0, 1, 3), (2, 1, 4)]
)
def test_the_pictures_show_which_loops_were_walked(automatic, people, walked):
    flow = workflow_state.Flow(dict.fromkeys(workflow_state.LABELS, "done"), automatic, people)
    for picture in ("wide", "narrow"):
        drawn = render_to_string(f"roadmaps/_flow_{picture}.html", {"flow": flow})
        assert drawn.count('class="way loop walked"') == walked


def test_the_page_asks_the_database_as_often_for_a_long_course_as_for_a_short_one(browser, owner):
    small, large = course_of(owner, 2, 1, 5), course_of(owner, 5, 3, 8)
    assert large.concepts.count() == 120
    assert (
        queries(browser, small.get_absolute_url())
        == queries(browser, large.get_absolute_url())
        <= 20
    )
    assert calls(lambda: browser.get(large.get_absolute_url())) < 700_000


def test_the_list_asks_as_often_for_many_as_for_one(browser, owner):
    address = reverse("roadmap_list")
    course_of(owner, 2, 1, 1)
    few = queries(browser, address)
    for _ in range(19):
        course_of(owner, 2, 1, 2)
    assert queries(browser, address) == few <= 16
    assert calls(lambda: browser.get(address)) < 200_000


def test_the_list_is_filtered_by_state_and_an_unknown_one_shows_all(browser, owner):
    address = reverse("roadmap_list")
    assert "Nothing here yet" in browser.get(address).content.decode()
    course_of(owner, 2, 1, 1)
    courses.requested(owner, goal="Learn to keep bees in a city")
    page = browser.get(address, {"status": "QUEUED"}).content.decode()
    assert "keep bees" in page
    assert ">Big<" not in page
    for unknown in ("NOWHERE", "FAILED", "'; --"):
        page = browser.get(address, {"status": unknown}).content.decode()
        assert "keep bees" in page
        assert ">Big<" in page


def test_the_card_leads_to_the_first_concept(browser, owner):
    roadmap = courses.written(owner)
    first = roadmap.concepts.get(order=1)
    assert (
        f'href="{first.get_absolute_url()}"'
        in browser.get(reverse("roadmap_list")).content.decode()
    )


def test_the_card_goes_on_after_what_is_done(browser, owner):
    roadmap = courses.written(owner)
    listed = reverse("roadmap_list")
    for concept in roadmap.concepts.order_by("order"):
        assert f'href="{concept.get_absolute_url()}"' in browser.get(listed).content.decode()
        reading.complete(owner, concept)
        assert f'href="{concept.get_absolute_url()}"' not in browser.get(listed).content.decode()
    assert "Every concept is done." in browser.get(listed).content.decode()


def test_time_left_is_told_from_its_own_pace_or_not_at_all(browser, owner):
    roadmap = courses.approved(owner)
    browser.get(roadmap.get_absolute_url())
    assert " left" not in browser.get(roadmap.get_absolute_url()).content.decode()
    concepts = list(roadmap.concepts.order_by("order"))
    from content.artifacts.kinds import KINDS

    for kind in KINDS.values():
        kind.model.objects.bulk_create(kind.model(concept=one) for one in concepts)
        kind.model.objects.filter(concept=concepts[0]).update(status="READY")
    Roadmap.objects.filter(pk=roadmap.pk).update(dispatched_at="2020-01-01T00:00Z")
    assert " left" in browser.get(roadmap.get_absolute_url()).content.decode()
