"""The edit page of a plan.

Nothing is stored before it is saved: the page's own form carries what was done so far.
"""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from roadmaps.admin.review.edit_forms import REASON, ConceptForm, PartForm, form_for, operation
from roadmaps.models import Draft, Review
from roadmaps.plan import diff, edits, rules, shape
from roadmaps.plan.schemas import Operation
from roadmaps.plan.shape import Plan
from roadmaps.review.plan_edits import OPERATIONS_MOST, broken_by, refusal

Json = dict[str, Any]


class PlanEditor:
    """A draft and the operations on it so far, one of its parts opened in a form."""

    def __init__(self, review: Review, post: QueryDict | None = None) -> None:
        sent = post or QueryDict()
        self.review = review
        self.draft = _draft(review, sent.get("draft", ""))
        self.problems: list[str] = []
        self.reason = sent.get("reason", "").strip()[:400]
        self.opened = sent.get(
            "opened", ""
        )  # a part's id, or "+" and the id of the module to add to
        self.form: PartForm | None = None
        self.operations: list[Operation] = []
        self.plan: Plan = self.draft.plan
        self.applied: list[Json] = []
        self._replay(_sent_operations(sent.get("operations", "[]"), self.problems))

    def _replay(self, operations: list[Operation]) -> None:
        """Do them all on the draft; what is not possible any more is told and left out."""
        self.operations, self.plan, self.applied = [], self.draft.plan, []
        for one in operations:
            self.add(one)

    def add(self, one: Operation) -> bool:
        if len(self.operations) >= OPERATIONS_MOST:
            self.problems.append(f"Save first: {OPERATIONS_MOST} changes are collected.")
            return False
        try:
            self.plan, entry = edits.apply_one(self.plan, one)
        except edits.Impossible as exc:
            self.problems.append(refusal(self.plan, one, exc))
            return False
        self.operations.append(one)
        self.applied.append(entry)
        return True

    def open(self, opened: str) -> None:
        """Show the form of a part, or of a concept to be."""
        self.opened, self.form = opened, self._form_of(opened)

    def _form_of(self, opened: str, data: Any = None) -> PartForm | None:
        found = shape.find(self.plan, opened.removeprefix("+"))
        if found is None:
            return None
        if opened.startswith("+"):
            return ConceptForm(self.plan, None, data, module=found[0]["id"])
        return form_for(self.plan, found[0], data)

    def take(self, post: QueryDict) -> bool:
        """What the opened form asks for is done; false when it can't be, and then the form is
        shown again.
        """
        form = self._form_of(self.opened, post)
        if form is None or (
            self.opened.startswith("+") and not (post.get("title") or post.get("summary"))
        ):
            self.opened = ""
            return True
        if not form.is_valid():
            self.form = form
            return False
        try:
            wanted = (
                form.added_to(self.opened[1:])
                if isinstance(form, ConceptForm) and not form.part
                else None
            )
            done = [self.add(one) for one in (form.operations() if wanted is None else wanted)]
        except ValidationError as exc:
            self.problems += exc.messages
            done = [False]
        self.form = None if all(done) else form
        self.opened = "" if all(done) else self.opened
        return all(done)

    def do(self, verb: str, target: str) -> None:
        """One press of a button in the tree."""
        if verb == "open" or verb == "add":
            self.open(f"+{target}" if verb == "add" else target)
        elif verb == "remove":
            self.add(operation("remove", target))
        elif verb in ("up", "down"):
            self._step(target, -1 if verb == "up" else 1)
        elif verb == "undo" and target.isdigit():
            self._replay(
                [one for number, one in enumerate(self.operations) if number != int(target)]
            )
        elif verb == "carry":
            self.draft = self.review.draft
            self._replay(self.operations)

    def _step(self, target: str, way: int) -> None:
        """One place up or down, over the border of its module or stage where it stands at one."""
        place = _step_of(self.plan, target, way)
        if place is None:
            self.problems.append("There is nothing beyond it.")
            return
        moved = operation("move", target, **place)
        last = self.operations[-1] if self.operations else None
        if last and (last.op, last.target) == ("move", target):
            self._replay(self.operations[:-1])  # two steps of one part are one move
        self.add(moved)

    def save_operations(self) -> list[Operation]:
        reason = self.reason if len(self.reason) > 1 else REASON
        return [one.model_copy(update={"reason": reason}) for one in self.operations]

    def context(self) -> Json:
        """For the template: the plan as it would be, what was done, and what the rules say of it."""
        budget = self.review.roadmap.budget_minutes
        titles = {part["id"]: part["title"] for part, _ in shape.parts(self.plan)}
        found = rules.check(self.plan, budget)
        issues = [one | {"place": titles.get(one["location"], "the whole plan")} for one in found]
        return {
            "editor": self,
            "states": diff.states(diff.compare(self.draft.plan, self.plan)),
            "stages": self.plan["stages"],
            "serialized": json.dumps(
                [one.model_dump(exclude_none=True) for one in self.operations]
            ),
            "issues": issues,
            "broken": broken_by(self.draft, found),
            "hours": shape.minutes(self.plan) / 60,
            "budget_hours": budget / 60,
            "stale": self.draft.pk != self.review.draft_id,
        }


def _draft(review: Review, number: str) -> Draft:
    """The one that the form was made from, which may not be the review's any more."""
    chosen = review.roadmap.drafts.filter(number=number).first() if number.isdigit() else None
    return chosen or review.draft


def _sent_operations(text: str, problems: list[str]) -> list[Operation]:
    try:
        return [Operation.model_validate(one) for one in json.loads(text)][:OPERATIONS_MOST]
    except (ValueError, TypeError):
        problems.append("The changes so far could not be read, so they are gone.")
        return []


def _step_of(plan: Plan, target: str, way: int) -> Json | None:
    """`into` and `position` of a move one place on; None at the end of the plan."""
    levels: list[tuple[list[Any], str]] = [
        (list(shape.modules(plan)), "concepts"),
        (list(plan["stages"]), "modules"),
        ([plan], "stages"),
    ]
    for parents, children in levels:
        for number, parent in enumerate(parents):
            ids = [part["id"] for part in parent[children]]
            if target not in ids:
                continue
            position = ids.index(target) + way
            if 0 <= position < len(ids):
                return (
                    {"position": position}
                    if parent is plan
                    else {"into": parent["id"], "position": position}
                )
            if parent is plan or not 0 <= number + way < len(parents):
                return None
            beyond = parents[number + way]
            return {"into": beyond["id"], "position": 0 if way > 0 else len(beyond[children])}
    return None
