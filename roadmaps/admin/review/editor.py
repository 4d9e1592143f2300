"""Plan editor: the state of the edit page of a plan.

Nothing is stored before it is saved: the page's own form carries the operations so far.
"""

import json
import re
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict

from roadmaps.admin.base.apply_to_rows import REFUSALS, sentence
from roadmaps.admin.review.edit_forms import (
    REASON,
    ConceptForm,
    PartForm,
    form_for,
    new_operation,
)
from roadmaps.models import Draft, Review
from roadmaps.plan import diff, edits, rules, shape
from roadmaps.plan.schemas import Operation
from roadmaps.plan.shape import Plan
from roadmaps.review.plan_edits import OPERATIONS_MOST, broken_by, edit_plan, refusal

Json = dict[str, Any]
NUMBER = re.compile(r"[0-9]{1,9}")  # of a draft or an operation; forged fields hold anything


class PlanEditor:
    """A draft and the operations on it so far, one of its parts opened in a form."""

    def __init__(self, review: Review, post: QueryDict | None = None) -> None:
        fields = post or QueryDict()
        self.review = review
        self.draft = review.draft
        number = fields.get("draft", "")
        if NUMBER.fullmatch(number):
            # The form may have been made from a draft that is not the review's any more.
            self.draft = review.roadmap.drafts.filter(number=number).first() or review.draft
        self.problems: list[str] = []
        self.reason = fields.get("reason", "").strip()[:400]
        # A part's id, or "+" and the id of the module to add to.
        self.opened = fields.get("opened", "")
        self.form: PartForm | None = None

        operations: list[Operation] = []
        try:
            collected = json.loads(fields.get("operations", "[]"))
            operations = [Operation.model_validate(operation) for operation in collected]
        except (ValueError, TypeError):
            self.problems.append("The changes so far could not be read, so they are gone.")
        self._replay(operations[:OPERATIONS_MOST])

    def _replay(self, operations: list[Operation]) -> None:
        """Do all operations on the draft; those that aren't possible any more are problems."""
        self.operations: list[Operation] = []
        self.plan: Plan = self.draft.plan
        self.applied: list[Json] = []
        for operation in operations:
            self.add(operation)

    def add(self, operation: Operation) -> bool:
        if len(self.operations) >= OPERATIONS_MOST:
            self.problems.append(f"Save first: {OPERATIONS_MOST} changes are collected.")
            return False
        try:
            self.plan, entry = edits.apply_one(self.plan, operation)
        except edits.Impossible as exc:
            self.problems.append(refusal(self.plan, operation, exc))
            return False
        self.operations.append(operation)
        self.applied.append(entry)
        return True

    def open(self, opened: str) -> None:
        """Show the form of a part, or of a concept to be."""
        self.opened = opened
        self.form = self._form_of(opened)

    def _form_of(self, opened: str, data: Any = None) -> PartForm | None:
        place = shape.find(self.plan, opened.removeprefix("+"))
        if place is None:
            return None
        part, _ = place
        if opened.startswith("+"):
            return ConceptForm(self.plan, None, data, module=part["id"])
        return form_for(self.plan, part, data)

    def take(self, post: QueryDict) -> bool:
        """Do what the opened form asks for; False when it can't be done, and then the form is shown
        again.
        """
        is_new = self.opened.startswith("+")
        is_empty = not (post.get("title") or post.get("summary"))
        form = self._form_of(self.opened, post)
        if form is None or (is_new and is_empty):
            self.opened = ""
            return True
        if not form.is_valid():
            self.form = form
            return False

        try:
            if isinstance(form, ConceptForm) and not form.part:
                operations = form.added_to(self.opened[1:])
            else:
                operations = form.operations()
            results = [self.add(operation) for operation in operations]
        except ValidationError as exc:
            self.problems += exc.messages
            results = [False]
        if not all(results):
            self.form = form
            return False
        self.form = None
        self.opened = ""
        return True

    def do(self, verb: str, target: str) -> None:
        """One press of a button in the tree."""
        if verb == "open":
            self.open(target)
        elif verb == "add":
            self.open(f"+{target}")
        elif verb == "remove":
            self.add(new_operation("remove", target))
        elif verb == "up":
            self.step(target, -1)
        elif verb == "down":
            self.step(target, 1)
        elif verb == "undo" and NUMBER.fullmatch(target):
            rest = self.operations.copy()
            del rest[int(target) : int(target) + 1]  # nothing, when there is no such operation
            self._replay(rest)
        elif verb == "carry":
            self.draft = self.review.draft
            self._replay(self.operations)

    def step(self, target: str, way: int) -> None:
        """One place up or down, over the border of its module or stage where it stands at one."""
        place = _next_place(self.plan, target, way)
        if place is None:
            self.problems.append("There is nothing beyond it.")
            return
        move = new_operation("move", target, **place)
        last = self.operations[-1] if self.operations else None
        if last and (last.op, last.target) == ("move", target):
            self._replay(self.operations[:-1])  # two steps of one part are one move
        self.add(move)

    def save(self, by: User) -> Draft | None:
        """The new draft.

        None when it is refused: the page then shows why, and everything that was done.
        """
        reason = REASON
        if len(self.reason) > 1:
            reason = self.reason
        operations = [
            operation.model_copy(update={"reason": reason}) for operation in self.operations
        ]
        try:
            return edit_plan(self.review, operations, by=by, draft_number=self.draft.number)
        except REFUSALS as exc:
            self.problems.append(sentence(exc))
            self.review.refresh_from_db()
            return None

    def context(self) -> Json:
        """Context of the template: the plan as it would be, its changes, and what the rules say."""
        budget = self.review.roadmap.budget_minutes
        titles = shape.titles(self.plan)
        issues = rules.check(self.plan, budget)
        return {
            "editor": self,
            "states": diff.states(diff.compare(self.draft.plan, self.plan)),
            "stages": self.plan["stages"],
            "serialized": json.dumps(
                [operation.model_dump(exclude_none=True) for operation in self.operations]
            ),
            "issues": [
                issue | {"place": titles.get(issue["location"], "the whole plan")}
                for issue in issues
            ],
            "broken": broken_by(self.draft, issues),
            "hours": shape.minutes(self.plan) / 60,
            "budget_hours": budget / 60,
            "stale": self.draft.pk != self.review.draft_id,
        }


def _next_place(plan: Plan, target: str, way: int) -> Json | None:
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
                if parent is plan:
                    return {"position": position}
                return {"into": parent["id"], "position": position}
            if parent is plan or not 0 <= number + way < len(parents):
                return None
            beyond = parents[number + way]
            return {"into": beyond["id"], "position": 0 if way > 0 else len(beyond[children])}
    return None
