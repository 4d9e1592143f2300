"""Edits of a reviewer: the operations and rules of a model's edit, as a new draft."""

from collections import Counter
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from roadmaps import progress
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Draft, Review, ReviewEventKind, ReviewStatus, Roadmap
from roadmaps.models.activity import record_activity
from roadmaps.people import names
from roadmaps.plan import edits, pinned_minutes, rules, shape
from roadmaps.plan.schemas import Operation
from roadmaps.plan.shape import Issue, Plan
from roadmaps.review import history
from roadmaps.review.desk import why_not
from roadmaps.review.reviewers import check_may_decide
from roadmaps.sentences import Sentence

Json = dict[str, Any]
OPERATIONS_MOST = 200  # of one edit
VERBS = {
    "add": "add a concept to {}",
    "remove": "remove {}",
    "modify": "change {}",
    "move": "move {}",
    "merge": "merge {}",
    "split": "split {}",
}


@transaction.atomic
def edit_plan(review: Review, operations: list[Operation], *, by: User, draft_number: int) -> Draft:
    """Apply all of `operations` to draft `draft_number` as a new draft, which the review is about
    from then on.

    Raises PermissionDenied, ValidationError (a sentence for each that can't be applied, or for
    what the edit would break), InvalidTransition (decided already, or the review is about another
    draft by now). Then nothing changes.
    """
    check_may_decide(by, review.roadmap)
    # The roadmap before the review: the order of locks of `roadmaps.engine`.
    roadmap = Roadmap.objects.select_for_update().get(pk=review.roadmap_id)
    old_draft = current_draft(review, draft_number)
    plan, applied = applied_to(old_draft.plan, operations)
    issues = rules.check(plan, roadmap.budget_minutes)
    if broken := broken_by(old_draft, issues):
        raise ValidationError(broken)

    draft = Draft.objects.create(
        roadmap=roadmap,
        number=roadmap.drafts.count() + 1,
        plan=plan,
        report=_report(old_draft, plan, roadmap.budget_minutes, issues),
        operations=applied,
        origin=Draft.Origin.EDITED,
        author=by,
        intent=old_draft.intent,
    )
    critical = sum(issue["severity"] == "critical" for issue in draft.report["issues"])
    as_read = Review.objects.pending().filter(pk=review.pk, draft=old_draft)
    if not as_read.update(draft=draft, open_critical=critical):
        raise InvalidTransition(
            f"{review}: it was decided or edited just now, so nothing was saved."
        )

    review.refresh_from_db()
    changes = "1 change" if len(applied) == 1 else f"{len(applied)} changes"
    text = f"Draft {draft.number}, with {changes}"
    history.write(review, ReviewEventKind.EDITED, by=by, text=text, draft=draft.number)
    message = Sentence("%(who)s edited the plan", who=names.public(by.get_username()))
    progress.record(review.roadmap_id, "plan_edited", message, draft=draft.number)
    record_activity(by, review.roadmap, review, f"Edited the plan. {text}")
    return draft


def current_draft(review: Review, draft_number: int) -> Draft:
    """The draft that the review is about.

    Raises InvalidTransition when that isn't `draft_number` any more.
    """
    current = Review.objects.select_related("draft__author").get(pk=review.pk)
    draft = current.draft
    if current.status != ReviewStatus.PENDING:
        raise InvalidTransition(why_not(current))
    if draft.number != draft_number:
        raise InvalidTransition(
            f"Your changes were made on draft {draft_number}, but {draft.told()}."
        )
    return draft


def applied_to(plan: Plan, operations: list[Operation]) -> tuple[Plan, list[Json]]:
    """The edited plan and what was applied.

    Raises ValidationError with a sentence for each problem.
    """
    if not 0 < len(operations) <= OPERATIONS_MOST:
        raise ValidationError(f"An edit has at least one change and at most {OPERATIONS_MOST}.")
    edited, applied, problems = plan, [], []
    for operation in operations:
        try:
            edited, entry = edits.apply_one(edited, operation)
            applied.append(entry)
        except edits.Impossible as exc:
            problems.append(refusal(edited, operation, exc))
    if problems:
        raise ValidationError(problems)
    pinned_minutes.mark(edited, applied)
    return edited, applied


def refusal(plan: Plan, operation: Operation, exc: edits.Impossible) -> str:
    name = f"part {operation.target!r}"
    if place := shape.find(plan, operation.target):
        name = f"“{place[0]['title']}”"
    return f"It isn't possible to {VERBS[operation.op].format(name)}: {exc}."


def broken_by(before: Draft, issues: list[Issue]) -> list[str]:
    """Sentences about what an edit may not break: critical issues that the rules find now and did
    not find in `before`.

    Whether the time fits is left to the reviewer, and shown.
    """
    had = Counter(_place(issue) for issue in before.report["issues"] if issue["source"] == "rules")
    broken = []
    for issue in issues:
        if issue["severity"] == "critical" and issue.get("code") != "budget":
            if had[_place(issue)] <= 0:
                broken.append(issue["message"])
            had[_place(issue)] -= 1
    return broken


def _place(issue: Any) -> tuple[str, str, str]:
    return issue.get("code", ""), issue["severity"], issue["location"]


def _report(before: Draft, plan: Plan, budget_minutes: int, rule_issues: list[Issue]) -> Json:
    """The report of an edited plan: the rules say what they find now; the critique is that of the
    last draft which a model has read.
    """
    part_ids = {part["id"] for part, _ in shape.parts(plan)}
    issues: list[Any] = list(rule_issues)
    for issue in before.report["issues"]:
        if issue["source"] != "critique":
            continue
        if issue["location"] not in part_ids:
            issue = issue | {"location": ""}
        issues.append(issue)
    report: Json = before.report | {
        "issues": issues,
        "minutes": shape.minutes(plan),
        "budget_minutes": budget_minutes,
        "skipped": [],
        "critique_of": before.report.get("critique_of", before.number),
    }
    return report
