"""Every step of the workflow has all that the rest of the product says of it."""

from pathlib import Path

import pytest
from django.conf import settings

from roadmaps.pages import workflow_state
from roadmaps.request import estimates
from roadmaps.workflow import prompts
from roadmaps.workflow.graph import build_graph
from roadmaps.workflow.steps import SECONDS, STEPS
from tests import courses
from tests.workflow.test_graph import CRITICAL, Model, Thread

ROOT = Path(__file__).parents[2]
NODES = {step.node for step in STEPS}


def test_every_node_of_the_current_graph_has_a_step():
    assert set(build_graph().get_graph().nodes) - {"__start__", "__end__"} == NODES


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
        assert page.count(f'data-node="{step.node}"') == 2
        assert page.count(f">{step.short_label}</text>") >= 2


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.svg"])
def test_every_step_stands_in_the_documents(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    assert [step.node for step in STEPS if step.node not in text] == []
