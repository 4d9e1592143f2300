"""Every step of the workflow has all that the rest of the product says of it."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

from roadmaps.pages import workflow_state
from roadmaps.request import estimates
from roadmaps.workflow import prompts
from roadmaps.workflow.graph import GRAPH_VERSION, TOPOLOGIES, build_graph
from roadmaps.workflow.steps import LOOP, LOOP_ENDS_AT, MAIN, SECONDS, STEPS
from tests import courses
from tests.workflow.test_graph import CRITICAL, Model, Thread

ROOT = Path(__file__).parents[2]
NODES = {step.node for step in STEPS}
# A version that threads have begun with stays as it is; what they can't go on in is a new one.
EDGES = {
    1: {
        ("__start__", "analyze_intent"),
        ("analyze_intent", "design_curriculum"),
        ("design_curriculum", "validate_structure"),
        ("validate_structure", "human_review"),
        ("validate_structure", "plan_edit"),
        ("plan_edit", "edit_roadmap"),
        ("edit_roadmap", "validate_structure"),
        ("human_review", "plan_edit"),
        ("human_review", "__end__"),
    }
}


def edges_of(version):
    return {(edge.source, edge.target) for edge in build_graph(version).get_graph().edges}


def test_every_version_of_the_graph_stays_as_threads_have_begun_with_it():
    assert {version: edges_of(version) for version in TOPOLOGIES} == EDGES


def test_every_node_of_the_current_graph_has_a_step():
    assert set(build_graph().get_graph().nodes) - {"__start__", "__end__"} == NODES


def test_the_steps_stand_in_the_order_in_which_a_thread_comes_through_them():
    main = pairwise(("__start__", *MAIN, "__end__"))
    loop = pairwise((MAIN[-1], *LOOP, LOOP_ENDS_AT))
    assert {*main, *loop} <= edges_of(GRAPH_VERSION)


def test_every_step_that_asks_a_model_has_a_role_with_instructions_a_setting_and_a_usual_time():
    for role in SECONDS:
        assert prompts.instructions(role)
        assert role in settings.LLM_ROLES
        assert estimates.USUAL[role] > 0


def test_the_steps_name_the_roles_that_a_design_with_one_automatic_round_asks():
    model = Model(critiques=[[CRITICAL]])
    Thread(model).start()
    assert tuple(model.roles()) == estimates.DESIGN


def test_every_step_has_a_state_and_a_label_in_the_picture():
    assert set(workflow_state.LABELS) == {*NODES, "request", "content", "ready"}


@pytest.mark.django_db(transaction=True)
def test_every_step_stands_in_the_wide_and_in_the_narrow_picture(client):
    owner = courses.person("owner")
    client.force_login(owner)
    page = client.get(courses.requested(owner).get_absolute_url()).content.decode()
    for step in STEPS:
        # In _flow_wide.html and in _flow_narrow.html, in templates/roadmaps/.
        assert page.count(f'data-node="{step.node}"') == 2, step.node
        assert page.count(f">{step.short_label}</text>") >= 2


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.svg"])
def test_every_step_stands_in_the_documents(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    assert [step.node for step in STEPS if step.node not in text] == []


def test_the_readme_names_the_steps_in_their_order():
    (line,) = re.findall(rf"^ +{MAIN[0]} → .*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    loop_after_check = [*MAIN[:-1], *LOOP, MAIN[-1]]
    assert re.findall(r"\w+", line) == loop_after_check
