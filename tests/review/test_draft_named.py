"""Every way to decide names the draft that was seen; a decision that names none is refused."""

import pytest
from django.urls import reverse

from roadmaps.admin.desk.acts import AT_ONCE
from roadmaps.admin.desk.bulk import SEEN
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Review, ReviewStatus
from roadmaps.review.decisions import DECISIONS, decide_review
from roadmaps.review.expert_links import make_expert_link
from roadmaps.tasks import resume_after_review, resume_from_checkpoint
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
COMMENT = "More practice, please"
MANY = "9" * 5000
REFUSAL = "wasn&#x27;t said which draft was seen"


def by_page(client, review, decision, draft):
    address = reverse("admin:roadmaps_review_decide", args=[review.pk])
    fields = {"decision": decision.status, "comment": COMMENT} | draft
    return client.post(address, fields, follow=True)


def by_act(client, review, decision, draft):
    address = reverse("admin:roadmaps_review_act", args=[review.pk, decision.name])
    return client.post(address, draft, follow=True)


def by_action(client, review, decision, draft):
    fields = {"action": f"{decision.name}_selected", "_selected_action": [review.pk]}
    address = reverse("admin:roadmaps_review_changelist")
    return client.post(address, fields | {"comment": COMMENT} | draft, follow=True)


def by_link(client, review, decision, draft):
    _link, secret = make_expert_link(
        review, by=courses.reviewer("maker"), name="Rye", may_decide=True
    )
    fields = {"review": review.pk, "decision": decision.status, "comment": COMMENT}
    address = reverse("expert_review", args=[secret])
    return client.post(address, fields | draft, follow=True)


WAYS = [
    (way, decision)
    for way in (by_page, by_act, by_action, by_link)
    for decision in DECISIONS
    if way is not by_act or decision.name in AT_ONCE
]


def named(way, review, draft):
    """The field in which that form names the draft; `draft` is its number, or another text."""
    if way in (by_page, by_link):
        return {"draft": draft}
    number = str(draft)
    return {SEEN: f"{review.pk}:{review.draft_id if number == '1' else number}"}


@pytest.mark.parametrize(("way", "decision"), WAYS)
@pytest.mark.parametrize("draft", [None, "", "x", "-1", "²", MANY])
def test_a_decision_without_the_number_of_its_draft_is_refused(desk, review, way, decision, draft):
    fields = {} if draft is None else named(way, review, draft)
    answer = way(desk, review, decision, fields)
    assert REFUSAL in answer.content.decode()
    assert Review.objects.get().status == ReviewStatus.PENDING


@pytest.mark.parametrize(("way", "decision"), WAYS)
def test_a_decision_that_names_its_draft_is_taken(desk, review, way, decision):
    way(desk, review, decision, named(way, review, "1"))
    assert Review.objects.get(pk=review.pk).status == decision.status


def test_the_draft_of_another_review_is_none_of_this_one(desk, review, owner):
    other = courses.designed(owner, goal="Learn something else instead").reviews.get()
    by_action(desk, review, DECISIONS[0], {SEEN: f"{other.pk}:{other.draft_id}"})
    by_action(desk, review, DECISIONS[0], {SEEN: f"{review.pk}:{other.draft_id}"})
    assert not Review.objects.exclude(status=ReviewStatus.PENDING).exists()


def test_the_service_itself_refuses_a_decision_about_no_draft(review):
    review.take_as_seen("")
    with pytest.raises(InvalidTransition, match="which draft was seen"):
        decide_review(review, ReviewStatus.APPROVED, by=None)


@pytest.mark.parametrize("task", [resume_after_review, resume_from_checkpoint])
def test_a_task_that_resumes_decides_nothing(review, task):
    task.apply(args=[str(review.roadmap_id)], task_id=str(review.roadmap.run_id))
    assert Review.objects.get().status == ReviewStatus.PENDING
