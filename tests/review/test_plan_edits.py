"""A reviewer's own edit of the plan: what is approved is exactly what was edited."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Concept, Lease, Review
from roadmaps.plan import pinned_minutes, shape
from roadmaps.plan.schemas import Operation
from roadmaps.review.plan_edits import edit_plan
from roadmaps.runs import advance, stops
from roadmaps.services import cancel_run, decide_review, retry_run
from tests import courses
from tests.faults.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def operation(op, target, **fields):
    return Operation(op=op, target=target, reason="Ada knows better", **fields)


def as_rows(roadmap):
    return [
        (
            c.key,
            c.title,
            c.minutes,
            c.module.key,
            c.module.stage.key,
            sorted(p.key for p in c.prerequisites.all()),
        )
        for c in Concept.objects.filter(roadmap=roadmap)
        .select_related("module__stage")
        .order_by("order")
    ]


def as_planned(plan):
    return [
        (c["id"], c["title"], c["minutes"], module["id"], stage["id"], sorted(c["prerequisites"]))
        for stage in plan["stages"]
        for module in stage["modules"]
        for c in module["concepts"]
    ]


def rename(review, title="Another title"):
    return operation("modify", next(shape.concepts(review.draft.plan))["id"], title=title)


def test_an_edit_is_a_new_draft_and_the_old_one_stays(review, ada):
    before = review.draft.plan
    draft = edit_plan(review, [rename(review)], by=ada, draft_number=1)
    assert (draft.number, draft.origin, draft.author, draft.intent) == (
        2,
        "EDITED",
        ada,
        review.draft.intent,
    )
    assert [one["reason"] for one in draft.operations] == ["Ada knows better"]
    assert (review.status, review.draft) == ("PENDING", draft)
    first = review.roadmap.drafts.get(number=1)
    assert first.plan == before
    assert first.intent["outcome"]


def test_the_rules_look_at_an_edited_plan_again(review, ada):
    concept = next(shape.concepts(review.draft.plan))
    draft = edit_plan(
        review, [operation("modify", concept["id"], minutes=1200)], by=ada, draft_number=1
    )
    assert "budget" in {issue["code"] for issue in draft.report["issues"]}
    assert draft.report["minutes"] == shape.minutes(draft.plan)
    assert draft.report["critique_of"] == 1
    again = edit_plan(
        review, [operation("modify", concept["id"], minutes=20)], by=ada, draft_number=2
    )
    assert again.report["critique_of"] == 1


def test_an_approved_edit_becomes_exactly_these_rows(review, ada):
    plan = review.draft.plan
    changes = [
        operation(
            "add", next(shape.modules(plan))["id"], position=0, title="Salt", summary="Why salt"
        )
    ]
    draft = edit_plan(review, [*changes, rename(review)], by=ada, draft_number=1)
    decide_review(review, "APPROVED", by=ada)
    assert courses.advance(review.roadmap).status == "GENERATING"
    assert as_rows(review.roadmap) == as_planned(draft.plan)
    assert as_rows(review.roadmap) != as_planned(plan)


def test_changes_requested_after_an_edit_are_made_to_the_edited_plan(review, ada):
    draft = edit_plan(review, [rename(review, "Ada's own title")], by=ada, draft_number=1)
    decide_review(review, "CHANGES_REQUESTED", by=ada, comment="Please add rye")
    roadmap = courses.advance(review.roadmap)
    third = roadmap.reviews.pending().get().draft
    assert (third.number, third.origin, third.author) == (3, "REVIEWER", None)
    before = {one["id"]: one["title"] for one in shape.concepts(draft.plan)}
    after = {one["id"]: one["title"] for one in shape.concepts(third.plan)}
    assert before.items() <= after.items()
    assert "Ada's own title" in after.values()
    assert third.operations[0]["op"] == "add"
    assert "Ada knows better" not in {one["reason"] for one in third.operations}
    assert "critique_of" not in third.report


def test_minutes_set_by_hand_outlive_the_rounds_after_them(review, ada):
    concepts = list(shape.concepts(review.draft.plan))
    module = next(shape.modules(review.draft.plan))
    added = operation("add", module["id"], position=0, title="Salt", summary="Why salt", minutes=25)
    draft = edit_plan(
        review,
        [operation("modify", concepts[0]["id"], minutes=40), added, rename(review)],
        by=ada,
        draft_number=1,
    )
    by_ada = {
        one["id"]: one["minutes"]
        for one in shape.concepts(draft.plan)
        if one.get(pinned_minutes.MARK)
    }
    assert sorted(by_ada.values()) == [25, 40]
    decide_review(review, "CHANGES_REQUESTED", by=ada, comment="Please add rye")
    third = courses.advance(review.roadmap).reviews.pending().get().draft
    after = {one["id"]: one["minutes"] for one in shape.concepts(third.plan)}
    assert by_ada.items() <= after.items()
    assert "budget" in {issue["code"] for issue in draft.report["issues"]}
    assert after[concepts[1]["id"]] < concepts[1]["minutes"]  # which made room
    decide_review(third.review, "APPROVED", by=ada)
    assert courses.advance(review.roadmap).concepts.get(key=concepts[0]["id"]).minutes == 40


def test_the_edit_outlives_a_worker_that_dies_before_the_rows(review, ada, monkeypatch):
    draft = edit_plan(review, [rename(review)], by=ada, draft_number=1)
    decide_review(review, "APPROVED", by=ada)
    roadmap = review.roadmap
    roadmap.refresh_from_db()
    with monkeypatch.context() as death:
        death.setattr(
            stops,
            "settle",
            lambda *_: (_ for _ in ()).throw(OperationalError("the worker is gone")),
        )
        with pytest.raises(OperationalError):
            advance.advance(roadmap.pk, roadmap.run_id)
    Lease.objects.filter(subject=roadmap.pk).update(expires_at="2000-01-01T00:00:00Z")
    assert courses.advance(roadmap).status == "GENERATING"
    assert as_rows(roadmap) == as_planned(draft.plan)


def test_a_cancelled_and_retried_roadmap_keeps_the_edit(review, ada, operator):
    draft = edit_plan(review, [rename(review)], by=ada, draft_number=1)
    cancel_run(review.roadmap, by=operator)
    with pytest.raises(InvalidTransition, match="no longer open"):
        edit_plan(review, [rename(review, "Too late")], by=ada, draft_number=2)
    retry_run(review.roadmap)
    roadmap = courses.advance(review.roadmap)
    assert roadmap.reviews.pending().get().draft == draft


def test_a_stale_edit_is_refused_and_says_who_was_faster(review, ada):
    edit_plan(review, [rename(review)], by=ada, draft_number=1)
    with pytest.raises(InvalidTransition, match="made on draft 1, but ada saved draft 2 on "):
        edit_plan(review, [rename(review, "Mine")], by=courses.reviewer("bob"), draft_number=1)
    decide_review(review, "APPROVED", by=ada)
    with pytest.raises(InvalidTransition, match="already decided: approved by ada, "):
        edit_plan(review, [rename(review, "Mine")], by=courses.reviewer("eve"), draft_number=2)
    assert review.roadmap.drafts.count() == 2


def test_a_decision_on_a_plan_that_was_edited_meanwhile_is_refused(review, ada):
    seen = Review.objects.get(pk=review.pk)
    edit_plan(review, [rename(review)], by=ada, draft_number=1)
    with pytest.raises(
        InvalidTransition, match="Nothing was decided: since you opened it, ada saved draft 2"
    ):
        decide_review(seen, "APPROVED", by=courses.reviewer("bob"))
    assert Review.objects.get(pk=review.pk).status == "PENDING"


def test_of_two_edits_at_once_one_wins(review, ada):
    bob = courses.reviewer("bob")
    results = at_once(
        lambda: edit_plan(review, [rename(review, "Ada's")], by=ada, draft_number=1),
        lambda: edit_plan(review, [rename(review, "Bob's")], by=bob, draft_number=1),
    )
    (refused,) = [one for one in results if isinstance(one, InvalidTransition)]
    (draft,) = [one for one in results if not isinstance(one, InvalidTransition)]
    assert f"{draft.author} saved draft 2" in str(refused)
    assert review.roadmap.drafts.count() == 2
    assert Review.objects.get(pk=review.pk).draft == draft


@pytest.mark.parametrize("decision", ["APPROVED", "CHANGES_REQUESTED"])
def test_an_edit_races_a_decision(review, ada, decision):
    results = at_once(
        lambda: edit_plan(review, [rename(review)], by=ada, draft_number=1),
        lambda: decide_review(Review.objects.get(pk=review.pk), decision, by=None, comment="Rye"),
    )
    decided = Review.objects.get(pk=review.pk)
    assert sum(isinstance(one, InvalidTransition) for one in results) <= 1
    edited = not isinstance(results[0], InvalidTransition)
    assert decided.draft.number == (2 if edited else 1)


def test_an_edit_is_in_the_history_and_in_the_admin_s_log(review, ada):
    concept = next(shape.concepts(review.draft.plan))
    edit_plan(
        review,
        [operation("modify", concept["id"], outcomes=["You can do it."])],
        by=ada,
        draft_number=1,
    )
    event = review.events.get(kind="EDITED")
    assert (event.actor_name, event.text) == ("ada", "Draft 2, with 1 change")
    assert "Draft 2, with 1 change" in LogEntry.objects.get(user=ada).change_message


def test_nobody_edits_the_plan_of_their_own_request(ada):
    own = courses.designed(ada).reviews.get()
    with pytest.raises(PermissionDenied, match="your own request"):
        edit_plan(own, [rename(own)], by=ada, draft_number=1)


@pytest.mark.parametrize("permissions", [(), ("view_review", "view_draft")])
def test_who_may_not_decide_may_not_edit(review, permissions):
    with pytest.raises(PermissionDenied):
        edit_plan(
            review,
            [rename(review)],
            by=courses.person("looker", *permissions, staff=True),
            draft_number=1,
        )
    assert review.roadmap.drafts.count() == 1


def impossible(plan):
    first, *_, last = shape.concepts(plan)
    module = next(shape.modules(plan))
    return [
        ([], "at least one change"),
        (
            [operation("remove", "c999")],
            "It isn't possible to remove part 'c999': there is no part 'c999'.",
        ),
        ([operation("modify", first["id"], title=first["title"])], "would change nothing"),
        ([operation("add", module["id"], title="No summary")], "needs a title and a summary"),
        ([operation("modify", first["id"], title=last["title"])], "look like the same one"),
        ([operation("move", last["id"], into=module["id"], position=0)], "comes later"),
        (
            [operation("add", module["id"], title=f"New {n}", summary="So much") for n in range(9)],
            "8 are possible",
        ),
    ]


@pytest.mark.parametrize("case", range(7))
def test_what_the_rules_forbid_is_refused_with_a_sentence(review, ada, case):
    operations, sentence = impossible(review.draft.plan)[case]
    with pytest.raises(ValidationError) as refused:
        edit_plan(review, [*operations], by=ada, draft_number=1)
    assert sentence in " ".join(refused.value.messages)
    assert review.roadmap.drafts.count() == 1


def test_one_bad_change_keeps_the_good_ones_from_being_saved(review, ada):
    with pytest.raises(ValidationError):
        edit_plan(review, [rename(review), operation("remove", "c999")], by=ada, draft_number=1)
    assert Review.objects.get(pk=review.pk).draft.number == 1
