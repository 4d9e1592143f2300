"""A workflow that was paused before a deploy goes on after it."""

import pytest
from langgraph.graph import END, START, StateGraph

from roadmaps.models import Roadmap
from roadmaps.runs.time_travel import history
from roadmaps.services import decide_review, retry_run
from roadmaps.workflow import graph, nodes
from roadmaps.workflow.state import Context, State
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


def without_validation():
    """An older topology: nothing checks a plan before its review."""
    older = StateGraph(State, context_schema=Context)
    for node in (
        nodes.analyze_intent,
        design_and_trust,
        nodes.plan_edit,
        nodes.edit_roadmap,
        nodes.human_review,
    ):
        older.add_node(node.__name__, node)
    older.add_edge(START, "analyze_intent")
    older.add_edge("analyze_intent", "design_and_trust")
    older.add_edge("design_and_trust", "human_review")
    older.add_conditional_edges("human_review", graph.after_review, ["plan_edit", END])
    older.add_edge("plan_edit", "edit_roadmap")
    older.add_edge("edit_roadmap", "human_review")
    return older


async def design_and_trust(state, runtime):
    return await nodes.design_curriculum(state, runtime) | {"report": {"issues": [], "score": 0}}


@pytest.fixture
def paused(monkeypatch):
    """By the version before: it was current when the thread began."""
    monkeypatch.setitem(graph.TOPOLOGIES, 0, without_validation)
    with monkeypatch.context() as before:
        before.setattr(graph, "GRAPH_VERSION", 0)
        roadmap = courses.designed(courses.person("owner"))
    assert "validate_structure" not in nodes_of(roadmap)
    return roadmap


def nodes_of(roadmap):
    return {node for checkpoint in history(roadmap) for node in checkpoint.next}


def test_a_thread_goes_on_in_the_topology_that_it_began_with(paused):
    decide_review(
        paused.reviews.get(), "CHANGES_REQUESTED", by=None, comment="More practice, please"
    )
    roadmap = courses.advance(paused)
    assert roadmap.reviews.count() == 2
    assert "validate_structure" not in nodes_of(roadmap)
    decide_review(roadmap.reviews.pending().get(), "APPROVED", by=None)
    assert courses.advance(courses.advance(roadmap)).status == "READY"


def test_a_thread_goes_on_in_a_newer_topology_that_takes_it(paused, monkeypatch):
    monkeypatch.setitem(graph.TOPOLOGIES, 0, graph.TOPOLOGIES[graph.GRAPH_VERSION])
    decide_review(
        paused.reviews.get(), "CHANGES_REQUESTED", by=None, comment="More practice, please"
    )
    roadmap = courses.advance(paused)
    assert roadmap.reviews.count() == 2
    assert "validate_structure" in nodes_of(roadmap)
    decide_review(roadmap.reviews.pending().get(), "APPROVED", by=None)
    assert courses.advance(courses.advance(roadmap)).status == "READY"


def test_a_version_that_is_gone_is_a_clear_error_and_retry_goes_on_when_it_is_back(
    paused, monkeypatch
):
    decide_review(paused.reviews.get(), "APPROVED", by=None)
    with monkeypatch.context() as gone:
        gone.delitem(graph.TOPOLOGIES, 0)
        roadmap = courses.advance(paused)
    assert roadmap.status == "FAILED"
    assert "began with version 0 of the workflow" in roadmap.status_reason
    retry_run(roadmap)
    assert courses.advance(roadmap).status == "GENERATING"


def test_a_new_thread_begins_with_the_current_version_and_not_before_a_worker_takes_it_up(paused):
    roadmap = courses.requested(paused.owner)
    assert Roadmap.objects.get(pk=roadmap.pk).graph_version is None
    assert courses.advance(roadmap).graph_version == graph.GRAPH_VERSION
