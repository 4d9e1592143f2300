"""Any order of requests, claims, decisions, cancels, retries, recoveries and duplicates keeps the
invariants.
"""

import pytest
from celery import current_app
from django.contrib.auth.models import User
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from content.artifacts import generation
from content.artifacts.kinds import KINDS
from roadmaps.engine.recovery import recover
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import TRANSITIONS, Lease, Review, Roadmap, RoadmapStatus
from roadmaps.runs import advance
from roadmaps.services import cancel_run, decide_review, request_roadmap, retry_run

LONG_AGO = "2000-01-01T00:00:00Z"


class Life(RuleBasedStateMachine):
    """Workers are calls of this process; a message is remembered for ever, and may come at any
    time again.
    """

    def __init__(self):
        super().__init__()
        self.messages = []
        Roadmap.objects.all().delete()
        Lease.objects.all().delete()
        owner, _ = User.objects.get_or_create(username="owner")
        self.send, current_app.send_task = current_app.send_task, self.note
        self.roadmap = request_roadmap(
            owner=owner, goal="Learn to bake bread", hours_per_week=1, weeks=1
        )
        self.before = self.roadmap.status

    def note(self, name, args=(), task_id=None, **_):
        if task_id:
            self.messages.append((name, task_id))

    def teardown(self):
        current_app.send_task = self.send

    def fresh(self):
        return Roadmap.objects.get(pk=self.roadmap.pk)

    def deliver(self, name, run_id):
        if name == "generate_roadmap_content":
            return generation.write_missing(self.roadmap.pk, run_id)
        return advance.advance(self.roadmap.pk, run_id)

    @rule()
    def deliver_the_newest(self):
        self.deliver(*self.messages[-1])

    @precondition(lambda self: len(self.messages) > 1)
    @rule()
    def deliver_the_oldest_late(self):
        before = self.fresh()
        assert self.deliver(*self.messages[0]) == "refused" or str(before.run_id) == str(
            self.messages[0][1]
        )

    def decide(self, decision):
        review = self.roadmap.reviews.order_by("-created_at").first()
        if review is None:
            return
        was_pending = review.status == "PENDING"
        try:
            decide_review(review, decision, by=None, comment="More practice, please")
            assert was_pending
        except InvalidTransition:
            assert not was_pending

    @rule()
    def approve(self):
        self.decide("APPROVED")

    @rule()
    def ask_for_changes(self):
        if self.roadmap.reviews.count() < 4:
            self.decide("CHANGES_REQUESTED")

    @rule()
    def approve_and_work_on(self):
        self.decide("APPROVED")
        for _ in range(2):
            self.deliver(*self.messages[-1])

    @rule(dice=st.integers(0, 3))
    def cancel(self, dice):
        if dice:
            return
        try:
            cancel_run(self.fresh(), by=None)
            assert self.fresh().status == RoadmapStatus.CANCELLED
        except InvalidTransition:
            assert self.fresh().status not in TRANSITIONS[RoadmapStatus.CANCELLED]

    @rule()
    def retry(self):
        try:
            retry_run(self.fresh())
        except InvalidTransition:
            assert self.fresh().status not in (RoadmapStatus.FAILED, RoadmapStatus.CANCELLED)

    @rule()
    def a_worker_dies_after_its_claim(self):
        roadmap = self.fresh()
        if roadmap.status in (RoadmapStatus.QUEUED, RoadmapStatus.RUNNING) and roadmap.attempts < 3:
            roadmap.transition(RoadmapStatus.RUNNING, attempts=roadmap.attempts + 1)
            ran_out = {"token": roadmap.run_id, "expires_at": LONG_AGO}
            Lease.objects.update_or_create(subject=roadmap.pk, defaults=ran_out)

    @rule()
    def time_passes_and_recovery_comes(self):
        Roadmap.objects.filter(pk=self.roadmap.pk).update(dispatched_at=LONG_AGO)
        moving = self.fresh().status in (
            RoadmapStatus.QUEUED,
            RoadmapStatus.RUNNING,
            RoadmapStatus.GENERATING,
        )
        assert recover() == (1 if moving else 0)
        assert recover() == 0

    @invariant()
    def one_review_is_pending_while_it_waits_and_none_else(self):
        pending = Review.objects.pending().filter(roadmap=self.roadmap).count()
        assert pending == (1 if self.fresh().status == RoadmapStatus.AWAITING_REVIEW else 0)

    @invariant()
    def every_draft_has_its_review_and_number(self):
        numbers = list(self.roadmap.drafts.values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert self.roadmap.reviews.count() == len(numbers)

    @invariant()
    def a_course_is_the_approved_plan_and_ready_is_whole(self):
        roadmap = self.fresh()
        if roadmap.concepts.exists():
            assert roadmap.reviews.filter(status="APPROVED").count() == 1
        if roadmap.status == RoadmapStatus.READY:
            for kind in KINDS.values():
                rows = kind.model.objects.filter(concept__roadmap=roadmap, status="READY")
                assert rows.count() == roadmap.concepts.count() > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_any_order_of_what_can_happen_keeps_the_invariants():
    calm = settings(
        max_examples=40,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Life, settings=calm)
