"""The review desk, and who may sit at it."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import reverse

from logs_app import stream
from logs_app.history import events_of
from roadmaps.models import Review, Roadmap
from roadmaps.plan import shape
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/roadmaps/review/"


def pending(owner, **preferences):
    return courses.designed(owner, **preferences).reviews.get()


def decide(client, review, decision, comment=""):
    address = reverse("admin:roadmaps_review_decide", args=[review.pk])
    fields = {"draft": review.draft.number, "decision": decision, "comment": comment}
    return client.post(address, fields, follow=True).content.decode()


def act(client, action, reviews, **more):
    chosen = {
        "action": action,
        "_selected_action": [review.pk for review in reviews],
        "seen": [f"{review.pk}:{review.draft_id}" for review in reviews],
    }
    return client.post(LIST, chosen | more, follow=True).content.decode()


def status(review):
    return Roadmap.objects.get(pk=review.roadmap_id).status


def test_pending_reviews_come_first(desk, owner):
    done, waiting = pending(owner, goal="Learn to do what is done"), pending(owner)
    decide(desk, done, "APPROVED")
    rows = desk.get(LIST).context["cl"].result_list
    assert [row.pk for row in rows] == [waiting.pk, done.pk]


def test_the_page_shows_all_that_is_needed_to_decide(desk, owner):
    review = pending(owner, background="I can cook")
    review.draft.report["issues"].append(
        {
            "severity": "suggestion",
            "dimension": "clarity",
            "location": "",
            "message": "One more thing to see",
            "suggestion": "Look at it",
            "code": "critique",
            "source": "critique",
        }
    )
    review.draft.report["skipped"] = ["remove c99: there is no part 'c99'"]
    review.draft.save()
    page = desk.get(reverse("admin:roadmaps_review_change", args=[review.pk])).content.decode()
    for text in (
        "I can cook",
        "One more thing to see",
        "remove c99",
        "Made without a model",
        "Approve",
    ):
        assert text in page
    assert all(one["title"] in page for one in shape.concepts(review.draft.plan))


def test_approve_sends_the_workflow_on_and_a_second_decision_is_refused(desk, owner):
    review = pending(owner)
    assert "1 approved." in decide(desk, review, "APPROVED")
    assert courses.advance(review.roadmap).status == "GENERATING"
    page = decide(desk, review, "REJECTED", "No")
    assert "already decided: approved by reviewer" in page
    assert status(review) == "GENERATING"


def test_changes_and_rejections_need_a_comment(desk, owner):
    review = pending(owner)
    assert "Say what should change" in decide(desk, review, "CHANGES_REQUESTED", "   ")
    assert "Unknown decision" in decide(desk, review, "MAYBE")
    assert Review.objects.get().status == "PENDING"
    decide(desk, review, "CHANGES_REQUESTED", "Please add rye")
    roadmap = courses.advance(review.roadmap)
    second = roadmap.reviews.pending().get()
    page = desk.get(reverse("admin:roadmaps_review_change", args=[second.pk])).content.decode()
    assert "Please add rye" in page
    assert second.draft.operations[0]["title"] in page


def test_many_are_approved_at_once_and_the_skipped_are_named(desk, owner):
    done, waiting = pending(owner, goal="Learn what is done already"), pending(owner)
    decide(desk, done, "APPROVED")
    page = act(desk, "approve_selected", [done, waiting])
    assert "1 approved." in page
    assert "skipped. This review was already decided" in page


@pytest.mark.parametrize(
    ("action", "becomes"), [("request_changes_selected", "QUEUED"), ("reject_selected", "REJECTED")]
)
def test_bulk_actions_ask_for_their_comment_first(desk, owner, action, becomes):
    review = pending(owner)
    assert "The learner sees this" in act(desk, action, [review])
    assert status(review) == "AWAITING_REVIEW"
    act(desk, action, [review], comment="More practice, please")
    assert status(review) == becomes


def test_who_may_only_look_sees_no_button_and_decides_nothing(client, owner):
    review = pending(owner)
    client.force_login(courses.person("looker", "view_review", staff=True))
    page = client.get(reverse("admin:roadmaps_review_change", args=[review.pk])).content.decode()
    assert 'name="decision"' not in page
    assert "may look at reviews, but not decide" in decide(client, review, "APPROVED")
    act(client, "approve_selected", [review])
    assert status(review) == "AWAITING_REVIEW"


def test_a_learner_has_no_desk(client, owner):
    review = pending(owner)
    client.force_login(owner)
    assert client.get(LIST).status_code == 302
    decide(client, review, "APPROVED")
    assert status(review) == "AWAITING_REVIEW"


def test_reviewers_are_a_group(client, owner):
    import_module("roadmaps.migrations.0005_reviewers").make_reviewers(apps, None)
    member = courses.person("member", staff=True)
    member.groups.add(Group.objects.get(name="Reviewers"))
    client.force_login(member)
    assert "1 approved." in decide(client, pending(owner), "APPROVED")


def test_nobody_edits_what_only_cairn_writes(admin_client, owner):
    review = pending(owner)
    for name, pk in (
        ("review", review.pk),
        ("draft", review.draft_id),
        ("roadmap", review.roadmap_id),
    ):
        assert admin_client.get(f"/admin/roadmaps/{name}/{pk}/change/").status_code == 200
        assert admin_client.post(f"/admin/roadmaps/{name}/{pk}/change/", {}).status_code == 403
        assert admin_client.get(f"/admin/roadmaps/{name}/{pk}/delete/").status_code == 403
        assert admin_client.get(f"/admin/roadmaps/{name}/add/").status_code == 403


def test_operators_cancel_and_retry_from_the_list(admin_client, owner):
    roadmap = courses.designed(owner)
    chosen = {"_selected_action": [roadmap.pk]}
    admin_client.post("/admin/roadmaps/roadmap/", chosen | {"action": "cancel_selected"})
    assert Roadmap.objects.get().status == "CANCELLED"
    admin_client.post("/admin/roadmaps/roadmap/", chosen | {"action": "retry_selected"})
    assert Roadmap.objects.get().status == "QUEUED"


def test_the_execution_log_reads_in_order_by_roadmap(admin_client, owner):
    roadmap = courses.designed(owner)
    courses.designed(owner, goal="Learn something else instead")
    told = [event["message"] for event in events_of(roadmap.pk)]
    stream.drain()
    rows = (
        admin_client.get(f"/admin/logs_app/executionlog/?q={roadmap.pk}").context["cl"].result_list
    )
    assert [row.message for row in rows] == told
    assert told[0].startswith("The goal is stated")


def test_every_list_of_the_admin_opens(admin_client, owner):
    courses.written(owner)
    for name in (
        "roadmaps/roadmap",
        "roadmaps/draft",
        "roadmaps/modelcall",
        "logs_app/executionlog",
    ):
        assert admin_client.get(f"/admin/{name}/").status_code == 200
    for name in ("tutorial", "resourcelist", "quiz"):
        assert admin_client.get(f"/admin/content/{name}/").status_code == 200
