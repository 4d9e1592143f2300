"""The nodes: pure but for the model in the runtime context, so any of them may run again after a crash."""

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from roadmaps.workflow import edits, plans, rules
from roadmaps.workflow.prompts import messages
from roadmaps.workflow.schemas import Critique, Curriculum, Edit, Intent
from roadmaps.workflow.state import Context, Json, State


async def analyze_intent(state: State, runtime: Runtime[Context]) -> Json:
    call = await runtime.context.ask("intent", messages("intent", {"request": state["request"]}), Intent)
    return {"intent": call.answer.model_dump(), "edit_round": 0, "review_round": 0, "operations": [], "origin": "MODEL"}


async def design_curriculum(state: State, runtime: Runtime[Context]) -> Json:
    payload = _pick(state, "request", "intent", "budget_minutes")
    call = await runtime.context.ask("curriculum", messages("curriculum", payload), Curriculum)
    return {"plan": plans.from_curriculum(call.answer)}


async def validate_structure(state: State, runtime: Runtime[Context]) -> Json:
    found = rules.check(state["plan"], state["budget_minutes"])
    payload = _pick(state, "request", "intent", "plan", "budget_minutes") | {"rule_issues": found}
    call = await runtime.context.ask("validation", messages("validation", payload), Critique)
    return {"report": _report(state, found, call.answer)}


def _report(state: State, found: list[Json], critique: Critique) -> Json:
    known = {part["id"] for part, _ in plans.parts(state["plan"])}
    criticised = [issue.model_dump() | {"source": "model"} for issue in critique.issues]
    for issue in criticised:
        issue["location"] = issue["location"] if issue["location"] in known else ""
    scores = [score.model_dump() for score in critique.scores]
    return {
        "issues": found + criticised,
        "scores": scores,
        "score": round(sum(score["score"] for score in scores) / len(scores)),
        "minutes": plans.minutes(state["plan"]),
        "budget_minutes": state["budget_minutes"],
        "skipped": state.get("skipped", []),
    }


def needs_edit(state: State) -> bool:
    """Whether something is wrong that an edit should repair before a person looks."""
    return any(_worth_an_edit(issue) for issue in state["report"]["issues"])


def _worth_an_edit(issue: Json) -> bool:
    return issue["severity"] == "critical" or (issue["source"] == "rules" and issue["severity"] == "warning")


async def plan_edit(state: State) -> Json:
    """Work out what the edit must answer: the reviewer's comment, or the validation's findings."""
    comment = state.get("comment", "")
    issues = [issue for issue in state["report"]["issues"] if comment or issue["severity"] != "suggestion"]
    return {"to_answer": {"issues": issues, "comment": comment}}


async def edit_roadmap(state: State, runtime: Runtime[Context]) -> Json:
    payload = _pick(state, "request", "intent", "plan", "budget_minutes") | state["to_answer"]
    call = await runtime.context.ask("edit", messages("edit", payload), Edit)
    plan, applied, skipped = edits.apply(state["plan"], call.answer.operations)
    automatic = 0 if state.get("comment") else 1
    return {
        "plan": plan,
        "operations": state["operations"] + applied,
        "skipped": skipped,
        "edit_round": state["edit_round"] + automatic,
        "comment": "",
    }


async def human_review(state: State) -> Json:
    """Nothing comes before the interrupt: the node runs again from its top when the decision is there."""
    decision: Any = interrupt(_pick(state, "plan", "report", "operations", "origin", "review_round"))
    if decision["decision"] == "APPROVED":
        return {"decision": "APPROVED", "comment": ""}
    return {
        "decision": decision["decision"],
        "comment": decision["comment"],
        "operations": [],
        "skipped": [],
        "origin": "REVIEWER",
        "edit_round": 0,
        "review_round": state["review_round"] + 1,
    }


def _pick(state: State, *names: str) -> Json:
    values: Json = dict(state)
    return {name: values[name] for name in names}
