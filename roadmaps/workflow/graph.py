"""The topology: intent → curriculum → validation ⇄ edit → human review ⇄ the same loop."""

from functools import lru_cache
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from roadmaps.workflow import nodes
from roadmaps.workflow.state import Context, State

GRAPH_VERSION = 1  # raised when paused threads of the version before could not go on


def after_validation(state: State, runtime: Runtime[Context]) -> str:
    if state["edit_round"] < runtime.context.max_edit_rounds and nodes.needs_edit(state):
        return "plan_edit"
    return "human_review"


def after_review(state: State) -> str:
    return END if state["decision"] == nodes.APPROVED else "plan_edit"


@lru_cache(maxsize=4)
def build_graph(checkpointer: Any = None) -> Any:
    graph = StateGraph(State, context_schema=Context)
    for node in (
        nodes.analyze_intent,
        nodes.design_curriculum,
        nodes.validate_structure,
        nodes.plan_edit,
        nodes.edit_roadmap,
        nodes.human_review,
    ):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "analyze_intent")
    graph.add_edge("analyze_intent", "design_curriculum")
    graph.add_edge("design_curriculum", "validate_structure")
    graph.add_conditional_edges("validate_structure", after_validation, ["plan_edit", "human_review"])
    graph.add_edge("plan_edit", "edit_roadmap")
    graph.add_edge("edit_roadmap", "validate_structure")
    graph.add_conditional_edges("human_review", after_review, ["plan_edit", END])
    return graph.compile(checkpointer=checkpointer)
