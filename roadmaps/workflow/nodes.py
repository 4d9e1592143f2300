"""The nodes: pure but for the model in the runtime context, so any of them may run again after a
crash.
"""

from typing import Any, TypeVar

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel

from roadmaps.exceptions import RunError
from roadmaps.plan import edits, pinned_minutes, rules, shape
from roadmaps.plan.schemas import Critique, Curriculum, Edit, Intent
from roadmaps.plan.shape import Issue, Plan, Report
from roadmaps.sentences import Sentence
from roadmaps.workflow.prompts import messages
from roadmaps.workflow.state import Context, Json, State

APPROVED = "APPROVED"
CHANGES_REQUESTED = "CHANGES_REQUESTED"

Answer = TypeVar("Answer", bound=BaseModel)


async def analyze_intent(state: State, runtime: Runtime[Context]) -> Json:
    answer = await _ask(runtime, "intent", {"request": state["request"]}, Intent)
    fresh = {
        "edit_round": 0,
        "review_round": 0,
        "operations": [],
        "skipped": [],
        "origin": "MODEL",
        "comment": "",
    }
    return {"intent": answer.model_dump(), **fresh}


async def design_curriculum(state: State, runtime: Runtime[Context]) -> Json:
    payload = _pick(state, "request", "intent", "budget_minutes")
    return {"plan": shape.from_curriculum(await _ask(runtime, "curriculum", payload, Curriculum))}


async def validate_structure(state: State, runtime: Runtime[Context]) -> Json:
    """A critique that can't be had raises: a plan that nobody checked never counts as valid."""
    found = rules.check(state["plan"], state["budget_minutes"])
    payload = _pick(state, "request", "intent", "plan", "budget_minutes") | {"rule_issues": found}
    return {"report": _report(state, found, await _ask(runtime, "validation", payload, Critique))}


async def _ask(runtime: Runtime[Context], role: str, payload: Json, schema: type[Answer]) -> Answer:
    call = await runtime.context.ask(role, messages(role, payload), schema)
    answer: Answer = call.answer
    return answer


def _report(state: State, found: list[Issue], critique: Critique) -> Report:
    scores = [score.model_dump() for score in critique.scores]
    return {
        "issues": found + _criticised(state["plan"], critique),
        "scores": scores,
        "score": round(sum(score["score"] for score in scores) / len(scores)),
        "minutes": shape.minutes(state["plan"]),
        "budget_minutes": state["budget_minutes"],
        "skipped": state["skipped"],
    }


def _criticised(plan: Plan, critique: Critique) -> list[Any]:
    """Every issue of the model, with a location that exists."""
    known = {part["id"] for part, _ in shape.parts(plan)}
    issues = [
        issue.model_dump() | {"code": "critique", "source": "critique"} for issue in critique.issues
    ]
    return [
        issue | {"location": issue["location"] if issue["location"] in known else ""}
        for issue in issues
    ]


def needs_edit(state: State) -> bool:
    """Whether something is wrong that an edit should repair before a person looks.

    Where a person's own minutes are what doesn't fit, that person decides.
    """
    left = (
        "budget"
        if pinned_minutes.leave_no_room(state["plan"], *rules.fitting(state["budget_minutes"]))
        else ""
    )
    return any(
        _worth_an_edit(issue) and issue["code"] != left for issue in state["report"]["issues"]
    )


def _worth_an_edit(issue: Issue) -> bool:
    severity: str = issue["severity"]
    return severity == "critical" or (severity == "warning" and issue["source"] == "rules")


async def plan_edit(state: State) -> Json:
    """Work out what the edit must answer: the reviewer with all that was found, or what the
    validation insists on.
    """
    found, skipped = state["report"]["issues"], _skipped_issues(state)
    if state.get("decision") == CHANGES_REQUESTED:
        worked_out = {"issues": found + skipped, "comment": state["comment"], "automatic": False}
        worked_out["parts"] = _named(state)
    else:
        insisted = [issue for issue in found if issue["severity"] != "suggestion"]
        worked_out = {
            "issues": insisted + skipped + _heard(state),
            "comment": "",
            "automatic": True,
        }
    return {"edit_plan": worked_out, "decision": ""}


def _named(state: State) -> list[Json]:
    """The parts that the comment is about, with titles: an id alone says little to a model."""
    wanted = state.get("parts", [])
    return [
        {"id": part["id"], "title": part["title"]}
        for part, _ in shape.parts(state["plan"])
        if part["id"] in wanted
    ]


def _skipped_issues(state: State) -> list[Json]:
    """Without these the next edit could only repeat the operation that could not be applied."""
    advice = (
        "Use ids of the plan as it is now, or another operation, if the problem is still there."
    )
    return [
        _notice("skipped", f"An earlier edit failed. {text}", advice) for text in state["skipped"]
    ]


def _heard(state: State) -> list[Json]:
    """An automatic round must not repair away what a reviewer has asked for."""
    if not state["comment"]:
        return []
    return [
        _notice(
            "reviewer",
            state["comment"],
            "This has been answered already: do not undo it, do not repeat it.",
        )
    ]


def _notice(code: str, message: str, suggestion: str) -> Json:
    facts = {
        "severity": "suggestion",
        "dimension": "coherence",
        "location": "",
        "code": code,
        "source": "edit",
    }
    return facts | {"message": message, "suggestion": suggestion}


async def edit_roadmap(state: State, runtime: Runtime[Context]) -> Json:
    wanted = state["edit_plan"]
    payload = _pick(state, "request", "intent", "plan", "budget_minutes")
    payload |= {"issues": wanted["issues"], "comment": wanted["comment"]}
    if wanted.get("parts"):
        payload["parts"] = wanted["parts"]
    answer = await _ask(runtime, "edit", payload, Edit)
    kept = pinned_minutes.kept(
        state["plan"], wanted["comment"], [part["id"] for part in wanted.get("parts", [])]
    )
    plan, applied, skipped = edits.apply(
        state["plan"], answer.operations, kept=kept, removable=not wanted["automatic"]
    )
    return {
        "plan": plan,
        "operations": state["operations"] + applied,
        "skipped": list(dict.fromkeys(state["skipped"] + skipped)),
        "edit_round": state["edit_round"] + (1 if wanted["automatic"] else 0),
    }


async def human_review(state: State) -> Json:
    """Nothing comes before the interrupt: the node runs again from its top when the decision is
    there.

    A decision on a plan that the reviewer has edited brings that plan and its report along.
    """
    decided: Any = interrupt(_pick(state, "plan", "report", "operations", "origin", "review_round"))
    edited = {name: decided[name] for name in ("plan", "report") if name in decided}
    if decided["decision"] == APPROVED:
        return {"decision": APPROVED, **edited}
    if decided["decision"] != CHANGES_REQUESTED:
        raise RunError(
            Sentence(
                "The workflow can't go on from the decision %(decision)s.",
                decision=decided["decision"],
            )
        )
    return {
        **edited,
        "decision": CHANGES_REQUESTED,
        "comment": decided.get("comment", ""),
        "parts": decided.get("parts", []),
        "operations": [],
        "skipped": [],
        "origin": "REVIEWER",
        "edit_round": 0,
        "review_round": state["review_round"] + 1,
    }


def _pick(state: State, *names: str) -> Json:
    values: Json = dict(state)
    return {name: values[name] for name in names}
