"""What an operator does on the pages of roadmaps and content, and what is refused."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from content.models import Tutorial
from roadmaps.models import Lease, Roadmap
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
SURE = {"_form_submitted": "True"}


def act(client, name, row, data=SURE, **headers):
    return client.post(reverse(f"admin:{name}", args=[row.pk]), data, **headers)


def status(roadmap):
    return Roadmap.objects.get(pk=roadmap.pk).status


def test_the_page_of_a_roadmap_tells_its_whole_story(admin_client, owner):
    roadmap = courses.designed(owner, background="I can cook")
    page = admin_client.get(
        reverse("admin:roadmaps_roadmap_change", args=[roadmap.pk])
    ).content.decode()
    for text in (
        "Waiting for review",
        "Draft 1",
        "Pending",
        "curriculum",
        "The plan waits for a reviewer",
        "I can cook",
    ):
        assert text in page
    assert reverse("admin:roadmaps_draft_change", args=[roadmap.drafts.get().pk]) in page


def test_a_page_asks_before_it_cancels_and_retries(admin_client, owner):
    roadmap = courses.designed(owner)
    asked = admin_client.get(
        reverse("admin:roadmaps_roadmap_cancel_one", args=[roadmap.pk])
    ).content.decode()
    assert "A retry goes on from there" in asked
    assert status(roadmap) == "AWAITING_REVIEW"
    act(admin_client, "roadmaps_roadmap_cancel_one", roadmap)
    assert status(roadmap) == "CANCELLED"
    answer = act(
        admin_client, "roadmaps_roadmap_retry_one", roadmap, headers={"HX-Request": "true"}
    )
    assert answer.headers["HX-Redirect"] == reverse(
        "admin:roadmaps_roadmap_change", args=[roadmap.pk]
    )
    assert status(roadmap) == "QUEUED"
    told = act(admin_client, "roadmaps_roadmap_retry_one", roadmap)
    assert "nothing to retry" in admin_client.get(told.url).content.decode()


def test_a_page_offers_only_what_the_state_allows(admin_client, owner):
    roadmap = courses.designed(owner)
    address = reverse("admin:roadmaps_roadmap_change", args=[roadmap.pk])

    def offered():
        page = admin_client.get(address).content.decode()
        return {name for name in ("retry_one", "cancel_one") if name.replace("_", "_") in page}

    assert offered() == {"cancel_one"}
    act(admin_client, "roadmaps_roadmap_cancel_one", roadmap)
    assert offered() == {"retry_one"}


def test_who_may_only_look_stops_nothing(client, owner):
    roadmap = courses.designed(owner)
    client.force_login(courses.person("looker", "view_roadmap", staff=True))
    page = client.get(reverse("admin:roadmaps_roadmap_change", args=[roadmap.pk])).content.decode()
    assert "cancel_one" not in page
    assert "curriculum" not in page  # no permission for model calls
    assert act(client, "roadmaps_roadmap_cancel_one", roadmap).status_code == 403
    assert status(roadmap) == "AWAITING_REVIEW"


def test_content_is_shown_as_it_reads_and_written_anew_on_request(admin_client, owner):
    roadmap = courses.written(owner)
    concept = roadmap.concepts.first()
    tutorial, quiz = concept.tutorial, concept.quiz
    page = admin_client.get(
        reverse("admin:content_tutorial_change", args=[tutorial.pk])
    ).content.decode()
    assert "<h2 id=" in page.split("As the learner reads it")[1]
    page = admin_client.get(reverse("admin:content_quiz_change", args=[quiz.pk])).content.decode()
    assert page.count("✓ right") >= quiz.questions.count()
    resources = concept.resource_list
    page = admin_client.get(
        reverse("admin:content_resourcelist_change", args=[resources.pk])
    ).content.decode()
    assert resources.resources.first().note[:20] in page
    act(admin_client, "content_tutorial_rewrite_one", tutorial)
    assert Tutorial.objects.get(pk=tutorial.pk).status == "PENDING"


def test_who_may_only_look_at_content_has_nothing_rewritten(client, owner):
    tutorial = courses.written(owner).concepts.first().tutorial
    client.force_login(courses.person("looker", "view_tutorial", staff=True))
    assert act(client, "content_tutorial_rewrite_one", tutorial).status_code == 403
    assert Tutorial.objects.get(pk=tutorial.pk).status == "READY"


def test_content_is_listed_by_roadmap(admin_client, owner):
    roadmap = courses.written(owner)
    courses.written(owner, goal="Learn something else instead")
    rows = (
        admin_client.get(f"/admin/content/tutorial/?roadmap={roadmap.pk}").context["cl"].result_list
    )
    assert {row.concept.roadmap_id for row in rows} == {roadmap.pk}
    assert len(rows) == roadmap.concepts.count()


def test_the_system_page_names_what_is_driven_and_what_is_stuck(admin_client, owner):
    driven, stuck = (
        courses.requested(owner),
        courses.requested(owner, goal="Learn what nobody drives"),
    )
    Roadmap.objects.update(dispatched_at=timezone.now() - timedelta(hours=1))
    Lease.objects.create(
        subject=driven.pk, token=uuid.uuid4(), expires_at=timezone.now() + timedelta(minutes=1)
    )
    response = admin_client.get("/admin/system/")
    assert [row.pk for row in response.context["stuck"]] == [stuck.pk]
    assert [lease.roadmap.pk for lease in response.context["leases"]] == [driven.pk]
    assert "no beat runs" in response.content.decode().lower()
