"""Topology of the workflow: intent → curriculum → validation ⇄ edit → human review ⇄ that loop."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from roadmaps.exceptions import RunError
from roadmaps.sentences import Sentence
from roadmaps.workflow import nodes
from roadmaps.workflow.state import Context, State, whole

Topology = StateGraph[State, Context, State, State]


def after_validation(state: State, runtime: Runtime[Context]) -> str:
    if nodes.goes_on_editing(state, runtime):
        return "plan_edit"
    return "human_review"


def after_review(state: State) -> str:
    return END if whole(state)["decision"] == nodes.APPROVED else "plan_edit"


def version_1() -> Topology:
    graph: Topology = StateGraph(State, context_schema=Context)
    # Named one by one: a later version's nodes are none of this one's.
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
    graph.add_conditional_edges(
        "validate_structure", after_validation, ["plan_edit", "human_review"]
    )
    graph.add_edge("plan_edit", "edit_roadmap")
    graph.add_edge("edit_roadmap", "validate_structure")
    graph.add_conditional_edges("human_review", after_review, ["plan_edit", END])
    return graph


# A thread goes on with the topology that it began with. What paused threads could not go on in
# gets a new number; the old one stays for as long as threads of it wait. Where they can go on in
# the new one, it may name that as soon as no worker of the release before runs.
TOPOLOGIES: dict[int, Callable[[], Topology]] = {1: version_1}
GRAPH_VERSION = 1  # of threads that begin now


def build_graph(version: int | None = None, checkpointer: Any = None) -> Any:
    """The compiled graph of a thread; version None is that of a thread that hasn't begun.

    Raises RunError for a version that this process doesn't have.
    """
    if version is None:
        version = GRAPH_VERSION
    if version not in TOPOLOGIES:
        raise RunError(
            Sentence(
                "This roadmap began with version %(version)s of the workflow, "
                "and its worker has only %(known)s. "
                "Retry when a worker of that version runs.",
                version=version,
                known=", ".join(map(str, sorted(TOPOLOGIES))),
            )
        )
    return _compiled(TOPOLOGIES[version], checkpointer)


@lru_cache(maxsize=8)
def _compiled(topology: Callable[[], Topology], checkpointer: Any) -> Any:
    return topology().compile(checkpointer=checkpointer)
