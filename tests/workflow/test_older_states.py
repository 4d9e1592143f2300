"""Threads that began under a release which knew less of the state go on at every node."""

import asyncio
import copy

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from roadmaps.workflow.graph import GRAPH_VERSION, build_graph
from roadmaps.workflow.state import DEFAULTS, State
from roadmaps.workflow.steps import STEPS
from tests.workflow.test_graph import CRITICAL, Model, Thread

# Written by the first release's own nodes before any other of its nodes read them.
FIRST = {"request", "budget_minutes", "intent", "plan", "report"}
NEWER = sorted(set(State.__annotations__) - FIRST)
NODES = [step.node for step in STEPS]


class Older(InMemorySaver):
    """Checkpoints without what the release that wrote them didn't know."""

    lacking: tuple[str, ...] = ()

    async def aget_tuple(self, config):
        found = await super().aget_tuple(config)
        return found and found._replace(checkpoint=self.without(found.checkpoint))

    def get_tuple(self, config):
        found = super().get_tuple(config)
        return found and found._replace(checkpoint=self.without(found.checkpoint))

    def without(self, checkpoint):
        checkpoint = copy.deepcopy(checkpoint)
        for name in self.lacking:
            checkpoint["channel_values"].pop(name, None)
        return checkpoint


class OlderThread(Thread):
    """One that has come through every node, up to its second review."""

    def __init__(self):
        super().__init__(Model(critiques=[[CRITICAL]]))
        self.saver = Older()
        self.graph = build_graph(GRAPH_VERSION, self.saver)
        self.start()
        self.decide("CHANGES_REQUESTED", "More practice, please")

    def before(self, node):
        """Its newest checkpoint before a node."""
        return next(
            past.config for past in self.graph.get_state_history(self.config) if node in past.next
        )

    def go_on(self, config):
        asyncio.run(self.graph.ainvoke(None, config, context=self.context))


def test_every_newer_key_has_a_default():
    assert sorted(DEFAULTS) == NEWER


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("lacking", [*((key,) for key in NEWER), tuple(NEWER)], ids="-".join)
def test_a_checkpoint_without_a_newer_key_goes_on_at_each_node(lacking, node):
    thread = OlderThread()
    config = thread.before(node)
    thread.saver.lacking = lacking
    thread.go_on(config)
    assert thread.state().next == ("human_review",)
    thread.decide("CHANGES_REQUESTED", "Once more, please")
    assert thread.state().next == ("human_review",)
    thread.decide("APPROVED")
    assert thread.state().next == ()
    assert thread.state().values["plan"]["stages"]


@pytest.mark.parametrize("field", ["automatic", "parts", "comment", "issues"])
def test_what_an_older_step_worked_out_is_enough_for_the_next(field):
    thread = OlderThread()
    config = thread.before("edit_roadmap")
    edit_plan = dict(thread.graph.get_state(config).values["edit_plan"])
    del edit_plan[field]
    thread.go_on(thread.graph.update_state(config, {"edit_plan": edit_plan}, as_node="plan_edit"))
    assert thread.state().next == ("human_review",)


def test_an_issue_of_the_first_releases_critique_is_answered():
    thread = OlderThread()
    config = thread.before("plan_edit")
    report = copy.deepcopy(thread.graph.get_state(config).values["report"])
    report["issues"] = [CRITICAL | {"source": "model"}]  # without a code
    past = thread.graph.update_state(config, {"report": report}, as_node="plan_edit")
    thread.go_on(past)
    assert thread.state().next == ("human_review",)
