"""The graph with a memory checkpointer and a scripted model."""

import asyncio
import copy
from dataclasses import dataclass
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from roadmaps.exceptions import LLMError, RunError
from roadmaps.llm.author.chat_model import answer, payload_of
from roadmaps.plan import pinned_minutes, shape
from roadmaps.workflow.graph import GRAPH_VERSION, build_graph
from roadmaps.workflow.state import Context

REQUEST = {
    "goal": "MARK-goal: learn to bake bread",
    "level": "intermediate",
    "hours_per_week": 7,
    "weeks": 3,
    "language": "de",
    "background": "MARK-background",
    "motivation": "MARK-motivation",
    "formats": ["video"],
    "target_date": "2031-05-06",
}
CRITICAL = {
    "severity": "critical",
    "dimension": "fit",
    "location": "nowhere",
    "message": "Far too much",
    "suggestion": "Plan less",
}


@dataclass
class Answered:
    answer: Any


class Model:
    """Answers as the built-in author does, unless `critiques` still has issues to report."""

    def __init__(self, critiques=(), edits=()):
        self.critiques, self.edits = list(critiques), list(edits)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def __call__(self, role, messages, schema):
        payload = payload_of(messages)
        self.asked.append((role, payload))
        found = answer(schema.__name__, payload)
        if role == "validation" and self.critiques:
            found["issues"] = self.critiques.pop(0)
        if role == "edit" and self.edits:
            found = {"summary": "As asked", "operations": self.edits.pop(0)}
        return Answered(schema.model_validate(found))

    def roles(self):
        return [role for role, _ in self.asked]


class Thread:
    def __init__(self, model, max_edit_rounds=3, **more):
        self.graph = build_graph(GRAPH_VERSION, InMemorySaver())
        self.context = Context(ask=model, max_edit_rounds=max_edit_rounds, **more)
        self.config = {"configurable": {"thread_id": "t"}}

    def feed(self, given):
        return asyncio.run(self.graph.ainvoke(given, self.config, context=self.context))

    def start(self):
        return self.feed({"request": REQUEST, "budget_minutes": 7 * 3 * 60})

    def decide(self, decision, comment="", **edited):
        (waiting,) = self.state().interrupts
        return self.feed(
            Command(resume={waiting.id: {"decision": decision, "comment": comment, **edited}})
        )

    def state(self):
        return self.graph.get_state(self.config)


def test_a_good_plan_goes_straight_to_the_reviewer():
    model = Model()
    thread = Thread(model)
    thread.start()
    assert model.roles() == ["intent", "curriculum", "validation"]
    assert thread.state().next == ("human_review",)


def test_every_field_of_the_request_reaches_every_prompt():
    model = Model(critiques=[[CRITICAL]])
    thread = Thread(model)
    thread.start()
    assert set(model.roles()) == {"intent", "curriculum", "validation", "edit"}
    for role, payload in model.asked:
        assert payload["request"] == REQUEST, role


def test_the_critic_that_decides_is_asked_once_before_the_review_and_sees_no_word_of_the_learner():
    model = Model(critiques=[[CRITICAL]])
    thread = Thread(model, approves_itself=True)
    thread.start()
    assert model.roles() == [
        "intent",
        "curriculum",
        "validation",
        "edit",
        "validation",
        "validation",
    ]
    decided_by = model.asked[-1][1]
    assert "MARK" not in str(decided_by)
    facts = {"level", "hours_per_week", "weeks", "target_date", "language", "formats"}
    assert decided_by["facts"] == {name: REQUEST[name] for name in facts}
    assert thread.state().values["report"]["approval_score"] == 80


def test_no_critic_decides_where_people_do_or_where_something_is_critical():
    model = Model()
    Thread(model).start()
    assert model.roles().count("validation") == 1
    model = Model(critiques=[[CRITICAL]])
    Thread(model, max_edit_rounds=0, approves_itself=True).start()
    assert model.roles().count("validation") == 1


def test_automatic_edits_end_at_their_bound_and_the_reviewer_sees_what_is_left():
    model = Model(critiques=[[CRITICAL]] * 20)
    thread = Thread(model, max_edit_rounds=2)
    thread.start()
    assert model.roles().count("edit") == 2
    (issue,) = [
        one for one in thread.state().values["report"]["issues"] if one["source"] == "critique"
    ]
    assert issue["message"] == "Far too much"
    assert issue["location"] == ""  # a place that does not exist is the whole plan


def test_no_automatic_edits_when_none_are_allowed():
    model = Model(critiques=[[CRITICAL]])
    Thread(model, max_edit_rounds=0).start()
    assert "edit" not in model.roles()


def test_requested_changes_come_back_checked_and_with_exactly_their_operations():
    thread = Thread(model := Model())
    thread.start()
    before = thread.state().values["plan"]
    target = before["stages"][0]["modules"][0]["concepts"][0]
    wanted = {"op": "modify", "target": target["id"], "title": "Another title", "reason": "asked"}
    model.edits = [[wanted, {"op": "remove", "target": "c999", "reason": "wrong"}]]
    thread.decide("CHANGES_REQUESTED", "Another title, please")
    state = thread.state().values
    assert thread.state().next == ("human_review",)
    assert model.asked[-2][1]["comment"] == "Another title, please"
    assert [one["after"] for one in state["operations"]] == [{"title": "Another title"}]
    assert "c999" in state["report"]["skipped"][0]
    target["title"] = "Another title"
    assert state["plan"] == before
    assert state["origin"] == "REVIEWER"
    thread.decide("APPROVED")
    assert thread.state().next == ()


def test_the_workflow_goes_on_with_the_plan_that_the_reviewer_edited():
    thread = Thread(model := Model())
    thread.start()
    state = thread.state().values
    edited, report = copy.deepcopy(state["plan"]), state["report"] | {"skipped": ["seen"]}
    edited["stages"][0]["title"] = "As the reviewer wants it"
    thread.decide("CHANGES_REQUESTED", "More practice, please", plan=edited, report=report)
    (asked,) = [payload for role, payload in model.asked if role == "edit"]
    assert asked["plan"] == edited
    again = copy.deepcopy(thread.state().values["plan"])
    again["stages"][0]["title"] = "Once more"
    thread.decide("APPROVED", plan=again, report=report)
    assert thread.state().values["plan"] == again
    assert thread.state().values["report"] == report


def set_by_hand(plan, minutes):
    """The first concept's, as a reviewer's edit leaves them."""
    edited = copy.deepcopy(plan)
    first = next(shape.concepts(edited))
    first |= {"minutes": minutes, pinned_minutes.MARK: True}
    return edited, first["id"]


def minutes_of(thread, concept):
    return next(
        one["minutes"]
        for one in shape.concepts(thread.state().values["plan"])
        if one["id"] == concept
    )


def test_automatic_rounds_fit_the_other_concepts_to_minutes_set_by_hand():
    thread = Thread(model := Model())
    thread.start()
    plan, first = set_by_hand(thread.state().values["plan"], 400)
    model.edits = [
        [
            {
                "op": "add",
                "target": "m2",
                "title": "Rye",
                "summary": "Why rye",
                "minutes": 30,
                "reason": "asked",
            }
        ]
    ]
    thread.decide(
        "CHANGES_REQUESTED", "Please add rye", plan=plan, report=thread.state().values["report"]
    )
    state = thread.state().values
    assert model.roles().count("edit") == 2  # what was asked, and the time
    assert minutes_of(thread, first) == 400
    assert (
        abs(shape.minutes(state["plan"]) - state["budget_minutes"]) < 0.1 * state["budget_minutes"]
    )


def test_a_model_changes_minutes_set_by_hand_only_when_asked_for_that_concept():
    thread = Thread(model := Model())
    thread.start()
    plan, first = set_by_hand(thread.state().values["plan"], 90)
    shorter = {"op": "modify", "target": first, "minutes": 20, "reason": "shorter"}
    model.edits = [[shorter], [shorter]]
    thread.decide(
        "CHANGES_REQUESTED", "Make it shorter", plan=plan, report=thread.state().values["report"]
    )
    assert minutes_of(thread, first) == 90
    assert "by hand" in thread.state().values["report"]["skipped"][0]
    thread.decide("CHANGES_REQUESTED", "Make it shorter", parts=[first])
    assert minutes_of(thread, first) == 20


def test_minutes_set_by_hand_that_leave_no_room_are_left_to_the_reviewer():
    thread = Thread(model := Model())
    thread.start()
    plan, first = set_by_hand(thread.state().values["plan"], 1200)
    for one in list(shape.concepts(plan))[1:3]:
        one |= {"minutes": 300, pinned_minutes.MARK: True}
    model.edits = [[{"op": "modify", "target": first, "title": "Another title", "reason": "asked"}]]
    thread.decide(
        "CHANGES_REQUESTED",
        "Another title, please",
        plan=plan,
        report=thread.state().values["report"],
    )
    assert model.roles().count("edit") == 1
    assert "budget" in {issue["code"] for issue in thread.state().values["report"]["issues"]}


def test_a_plan_that_nobody_could_check_is_not_valid():
    class Silent(Model):
        async def __call__(self, role, messages, schema):
            if role == "validation":
                raise LLMError("no answer", permanent=False)
            return await super().__call__(role, messages, schema)

    thread = Thread(Silent())
    with pytest.raises(LLMError):
        thread.start()
    assert thread.state().next == ("validate_structure",)


def test_an_unknown_decision_stops_the_run():
    thread = Thread(Model())
    thread.start()
    with pytest.raises(RunError):
        thread.decide("MAYBE")
    assert thread.state().next == ("human_review",)


def test_a_late_answer_to_an_old_interrupt_answers_nothing():
    thread = Thread(Model())
    thread.start()
    (first,) = thread.state().interrupts
    thread.decide("CHANGES_REQUESTED", "More practice, please")
    (second,) = thread.state().interrupts
    thread.feed(Command(resume={first.id: {"decision": "APPROVED"}}))
    assert thread.state().next == ("human_review",)
    assert [one.id for one in thread.state().interrupts] == [second.id]


def test_the_parts_that_a_reviewer_points_at_reach_the_edit_by_id_and_title():
    model = Model()
    thread = Thread(model)
    thread.start()
    stage = thread.state().values["plan"]["stages"][1]
    (waiting,) = thread.state().interrupts
    asked = {"decision": "CHANGES_REQUESTED", "comment": "Too thin", "parts": [stage["id"], "c999"]}
    thread.feed(Command(resume={waiting.id: asked}))
    payload = next(payload for role, payload in reversed(model.asked) if role == "edit")
    assert payload["parts"] == [{"id": stage["id"], "title": stage["title"]}]
    assert thread.state().values["operations"][0]["target"] == stage["id"]
