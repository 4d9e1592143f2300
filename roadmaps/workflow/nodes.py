"""Nodes of the workflow.

They are pure but for the model in the runtime context, so any of them may run again after a crash.
"""

from typing import Any, TypeVar

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel

from roadmaps.exceptions import RunError
from roadmaps.plan import edits, pinned_minutes, rules, shape
from roadmaps.plan.schemas import Critique, Curriculum, Edit, Intent
from roadmaps.plan.shape import Issue, Report
from roadmaps.sentences import Sentence
from roadmaps.workflow import approval
from roadmaps.workflow.prompts import messages
from roadmaps.workflow.state import DEFAULTS, Context, Json, State, whole
from roadmaps.workflow.steps import APPROVAL_ROLE

APPROVED = "APPROVED"
CHANGES_REQUESTED = "CHANGES_REQUESTED"

Answer = TypeVar("Answer", bound=BaseModel)


async def analyze_intent(state: State, runtime: Runtime[Context]) -> State:
    intent = await _ask(runtime, "intent", {"request": state["request"]}, Intent)
    return {
        "intent": intent.model_dump(),
        "edit_round": 0,
        "review_round": 0,
        "operations": [],
        "skipped": [],
        "origin": "MODEL",
        "comment": "",
    }


async def design_curriculum(state: State, runtime: Runtime[Context]) -> State:
    payload = _pick(state, "request", "intent", "budget_minutes")
    curriculum = await _ask(runtime, "curriculum", payload, Curriculum)
    return {"plan": shape.from_curriculum(curriculum)}


async def validate_structure(state: State, runtime: Runtime[Context]) -> State:
    """Report on the plan; without a critique it raises: no unchecked plan counts as valid."""
    state = whole(state)
    rule_issues = rules.check(state["plan"], state["budget_minutes"])
    payload = _pick(state, "request", "intent", "plan", "budget_minutes")
    payload["rule_issues"] = rule_issues
    critique = await _ask(runtime, "validation", payload, Critique)

    part_ids = {part["id"] for part, _ in shape.parts(state["plan"])}
    critique_issues: list[Any] = []
    for answer in critique.issues:
        issue = answer.model_dump() | {"code": "critique", "source": "critique"}
        if issue["location"] not in part_ids:
            issue["location"] = ""
        critique_issues.append(issue)

    scores = [score.model_dump() for score in critique.scores]
    report: Report = {
        "issues": rule_issues + critique_issues,
        "scores": scores,
        "score": round(sum(score["score"] for score in scores) / len(scores)),
        "minutes": shape.minutes(state["plan"]),
        "budget_minutes": state["budget_minutes"],
        "skipped": state["skipped"],
    }
    checked: State = {**state, "report": report}
    if runtime.context.approves_itself and not goes_on_editing(checked, runtime):
        await _score_for_approval(checked, rule_issues, runtime)
    return {"report": report}


async def _score_for_approval(
    state: State, rule_issues: list[Issue], runtime: Runtime[Context]
) -> None:
    """Add to the report the score by which a plan may be approved without a person, if it may be.

    A person checks what a person has asked for, and what has a critical issue or a failed edit.
    """
    report, most = state["report"], approval.most_score(rule_issues)
    critical = any(issue["severity"] == "critical" for issue in report["issues"])
    if state["review_round"] or report["skipped"] or critical or not most:
        return
    prompt = messages("approval", approval.payload(state, rule_issues))
    call = await runtime.context.ask(APPROVAL_ROLE, prompt, Critique)
    report["approval_score"] = approval.score_of(call.answer, most)


async def _ask(runtime: Runtime[Context], role: str, payload: Json, schema: type[Answer]) -> Answer:
    call = await runtime.context.ask(role, messages(role, payload), schema)
    answer: Answer = call.answer
    return answer


def goes_on_editing(state: State, runtime: Runtime[Context]) -> bool:
    """Whether an automatic round comes next, and not the reviewer."""
    return whole(state)["edit_round"] < runtime.context.max_edit_rounds and needs_edit(state)


def needs_edit(state: State) -> bool:
    """Whether something is wrong that an edit should repair before a person looks.

    Where a person's own minutes are what doesn't fit, that person decides.
    """
    least, most = rules.fitting(state["budget_minutes"])
    only_a_person_can = pinned_minutes.leave_no_room(state["plan"], least, most)
    for issue in state["report"]["issues"]:
        if issue.get("code") == "budget" and only_a_person_can:
            continue
        if issue["severity"] == "critical":
            return True
        if issue["severity"] == "warning" and issue["source"] == "rules":
            return True
    return False


async def plan_edit(state: State) -> State:
    """Work out what the edit must answer: the reviewer with every issue, or what the validation
    insists on.
    """
    state = whole(state)
    issues: list[Any] = list(state["report"]["issues"])
    decision = state["decision"]
    if decision != CHANGES_REQUESTED:
        issues = [issue for issue in issues if issue["severity"] != "suggestion"]
    # Without these the next edit could only repeat the operation that could not be applied.
    advice = (
        "Use ids of the plan as it is now, or another operation, if the problem is still there."
    )
    for text in state["skipped"]:
        issues.append(_notice("skipped", f"An earlier edit failed. {text}", advice))

    if decision == CHANGES_REQUESTED:
        # With titles: an id alone says little to a model.
        part_ids = state["parts"]
        parts = [
            {"id": part["id"], "title": part["title"]}
            for part, _ in shape.parts(state["plan"])
            if part["id"] in part_ids
        ]
        edit_plan: Json = {
            "issues": issues,
            "comment": state["comment"],
            "automatic": False,
            "parts": parts,
        }
    else:
        if state["comment"]:
            # An automatic round must not repair away what a reviewer has asked for.
            advice = "This has been answered already: do not undo it, do not repeat it."
            issues.append(_notice("reviewer", state["comment"], advice))
        edit_plan = {"issues": issues, "comment": "", "automatic": True}
    return {"edit_plan": edit_plan, "decision": ""}


def _notice(code: str, message: str, suggestion: str) -> Json:
    return {
        "severity": "suggestion",
        "dimension": "coherence",
        "location": "",
        "code": code,
        "source": "edit",
        "message": message,
        "suggestion": suggestion,
    }


async def edit_roadmap(state: State, runtime: Runtime[Context]) -> State:
    state = whole(state)
    edit_plan = DEFAULTS["edit_plan"] | state["edit_plan"]
    payload = _pick(state, "request", "intent", "plan", "budget_minutes")
    payload |= {"issues": edit_plan["issues"], "comment": edit_plan["comment"]}
    parts = edit_plan["parts"]
    if parts:
        payload["parts"] = parts
    answer = await _ask(runtime, "edit", payload, Edit)

    part_ids = [part["id"] for part in parts]
    pinned = pinned_minutes.kept(state["plan"], edit_plan["comment"], part_ids)
    automatic = edit_plan["automatic"]
    plan, applied, skipped = edits.apply(
        state["plan"], answer.operations, kept=pinned, removable=not automatic
    )
    return {
        "plan": plan,
        "operations": state["operations"] + applied,
        "skipped": list(dict.fromkeys(state["skipped"] + skipped)),
        "edit_round": state["edit_round"] + (1 if automatic else 0),
    }


async def human_review(state: State) -> State:
    """Wait for a reviewer; nothing comes before the interrupt, because the node runs again from its
    top when the decision is there.

    A decision on a plan that the reviewer has edited brings that plan and its report along.
    """
    state = whole(state)
    answer: Any = interrupt(_pick(state, "plan", "report", "operations", "origin", "review_round"))
    edited: State = {}
    if "plan" in answer:
        edited = {"plan": answer["plan"], "report": answer["report"]}
    decision = answer["decision"]
    if decision == APPROVED:
        return {"decision": APPROVED, **edited}
    if decision != CHANGES_REQUESTED:
        raise RunError(
            Sentence("The workflow can't go on from the decision %(decision)s.", decision=decision)
        )
    return {
        **edited,
        "decision": CHANGES_REQUESTED,
        "comment": answer.get("comment", ""),
        "parts": answer.get("parts", []),
        "operations": [],
        "skipped": [],
        "origin": "REVIEWER",
        "edit_round": 0,
        "review_round": state["review_round"] + 1,
    }


def _pick(state: State, *names: str) -> Json:
    values: Json = dict(state)
    return {name: values[name] for name in names}
