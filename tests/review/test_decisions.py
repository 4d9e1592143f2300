"""Every decision about a review has all that the rest of the product says of it."""

from pathlib import Path

import pytest
from django.template.loader import render_to_string

import config.urls  # noqa: F401 - the admin finds its pages in an order of its own
from accounts.models import HEADLINES, NoticeKind
from roadmaps.admin.desk.bulk import BulkDecisions
from roadmaps.admin.operations.dashboard import COLOURS
from roadmaps.models import Review, ReviewStatus
from roadmaps.review.decisions import BY_STATUS, DECISIONS, RESUMING, Then
from roadmaps.workflow import nodes
from tests.workflow.test_graph import Model, Thread

ROOT = Path(__file__).parents[2]
UNDECIDED = {ReviewStatus.PENDING, ReviewStatus.SUPERSEDED}
KEYS_OF_THE_PAGE = {"c", "e", "j", "k"}


def test_every_status_of_a_decided_review_is_a_decision():
    assert set(ReviewStatus) - UNDECIDED == set(BY_STATUS)


def test_every_decision_has_a_name_and_a_key_of_its_own():
    assert len({decision.name for decision in DECISIONS}) == len(DECISIONS)
    keys = {decision.key for decision in DECISIONS}
    assert len(keys) == len(DECISIONS)
    assert not keys & KEYS_OF_THE_PAGE


def test_every_decision_has_a_notice_with_a_headline():
    for decision in DECISIONS:
        assert decision.notice in NoticeKind, f"accounts/models.py has no kind {decision.notice}"
        assert HEADLINES[NoticeKind(decision.notice)]


def test_every_decision_has_an_action_in_the_inbox_and_a_colour_in_the_chart():
    names = {getattr(action, "__name__", action) for action in BulkDecisions.actions}
    for decision in DECISIONS:
        assert f"{decision.name}_selected" in names
        assert COLOURS[decision.status]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_every_decision_has_a_button_on_both_pages(decision):
    button = f'<button name="decision" value="{decision.status}"'
    context = {"review": Review(pk=1), "decisions": DECISIONS, "open": True}
    link = {"may_decide": True}
    admin = render_to_string("admin/roadmaps/_review_decide.html", context)
    expert = render_to_string("roadmaps/_expert_answer.html", context | {"link": link})
    assert button in admin
    assert f'accesskey="{decision.key}"' in admin
    assert f"<kbd>{decision.key}</kbd> to {decision.verb.lower()}" in admin
    assert button in expert


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_every_decision_has_a_badge_in_the_inbox(decision):
    sheet = (ROOT / "templates/static/cairn/inbox.css").read_text(encoding="utf-8")
    badge = f".state.{decision.status.lower()}"
    assert badge in sheet, f"inbox.css has no {badge}"


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.name)
def test_every_decision_stands_in_the_guide(decision):
    guide = (ROOT / "docs/reviewing.md").read_text(encoding="utf-8")
    assert f"**{decision.verb}**" in guide


@pytest.mark.parametrize("status", RESUMING)
def test_every_decision_that_the_workflow_goes_on_from_is_taken_by_it(status):
    thread = Thread(Model())
    thread.start()
    thread.decide(status.value, "More practice, please")
    waits = bool(thread.state().interrupts)
    assert waits == (BY_STATUS[status].then == Then.EDIT)


def test_the_workflow_knows_no_decision_that_is_not_in_the_table():
    assert {nodes.APPROVED, nodes.CHANGES_REQUESTED} <= set(RESUMING)
