"""Lists that grow have pages: nothing is cut in silence, and nothing is counted."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from logs_app.models import ExecutionLog
from roadmaps.models import Draft, ExpertLink, Lease, ReviewEventKind, Roadmap
from roadmaps.review import history
from tests.admin.test_inbox import made

pytestmark = pytest.mark.django_db
NEXT = 'rel="next"'


def text(client, address):
    return client.get(address).content.decode()


def test_the_history_of_a_row_has_pages(admin_client, admin_user, owner):
    roadmap = Roadmap.objects.create(owner=owner, goal="Learn to keep records")
    kind = ContentType.objects.get_for_model(Roadmap)
    LogEntry.objects.bulk_create(
        LogEntry(
            user=admin_user,
            content_type=kind,
            object_id=str(roadmap.pk),
            action_flag=CHANGE,
            change_message=f"change number {number:03}.",
            action_time=timezone.now() + timedelta(seconds=number),
        )
        for number in range(150)
    )
    address = reverse("admin:roadmaps_roadmap_history", args=[roadmap.pk])
    first, second, third = (text(admin_client, f"{address}?p={number}") for number in (1, 2, 3))
    assert "change number 099." in first
    assert "change number 100." not in first
    assert "?p=2" in first
    assert "9999999999" not in first
    assert "change number 149." in second
    assert NEXT not in second
    assert "nothing on page 3" in third
    assert "change number 000." in text(admin_client, f"{address}?p=nonsense")


def test_a_row_that_nobody_changed_says_so(admin_client, owner):
    roadmap = Roadmap.objects.create(owner=owner, goal="Learn to keep records")
    assert "Nobody has changed this" in text(
        admin_client, reverse("admin:roadmaps_roadmap_history", args=[roadmap.pk])
    )


@pytest.mark.parametrize(("name", "size"), [("admin/logentry", 50), ("logs_app/executionlog", 100)])
def test_the_last_full_page_of_a_list_promises_no_other(admin_client, admin_user, name, size):
    def add(number):
        if name == "admin/logentry":
            LogEntry.objects.bulk_create(
                LogEntry(user=admin_user, action_flag=CHANGE) for _ in range(number)
            )
        else:
            ExecutionLog.objects.bulk_create(
                ExecutionLog(
                    roadmap_id=uuid.uuid4(), sequence=one, event="e", occurred_at=timezone.now()
                )
                for one in range(number)
            )

    add(size)
    assert NEXT not in text(admin_client, f"/admin/{name}/")
    add(1)
    assert NEXT in text(admin_client, f"/admin/{name}/")
    response = admin_client.get(f"/admin/{name}/?p=2")
    assert len(response.context["cl"].result_list) == 1


def test_the_history_of_a_review_has_pages_with_the_newest_first(admin_client, owner):
    review = made(owner)
    for number in range(60):
        history.write(review, ReviewEventKind.COMMENTED, by=owner, text=f"remark {number:02}.")
    address = reverse("admin:roadmaps_review_change", args=[review.pk])
    first, second = text(admin_client, address), text(admin_client, address + "?events=2")
    assert "remark 59." in first
    assert "remark 09." not in first
    assert "?events=2#events" in first
    assert "remark 09." in second
    assert "events=3" not in second
    assert "nothing on page 7" in text(admin_client, address + "?events=7")


def test_links_for_experts_have_pages(admin_client, owner):
    review = made(owner)
    later = timezone.now() + timedelta(days=1)
    for number in range(25):
        ExpertLink.objects.create(
            roadmap=review.roadmap,
            name=f"Expert {number:02}.",
            secret_hash=str(number),
            expires_at=later,
        )
    address = reverse("admin:roadmaps_review_change", args=[review.pk])
    assert "Expert 00." not in text(admin_client, address)
    assert "Expert 00." in text(admin_client, address + "?links=2")


def test_drafts_of_a_roadmap_have_pages_on_every_page_that_lists_them(admin_client, owner):
    review = made(owner)
    for number in range(2, 31):
        Draft.objects.create(
            roadmap=review.roadmap,
            number=number,
            plan=review.draft.plan,
            report=review.draft.report,
        )
    review.draft = Draft.objects.get(number=30)
    review.save()
    of_roadmap = reverse("admin:roadmaps_roadmap_change", args=[review.roadmap_id])
    of_review = reverse("admin:roadmaps_review_change", args=[review.pk])
    for address in (of_roadmap, of_review):
        assert "Draft 30</" in text(admin_client, address)
        assert "Draft 3</" not in text(admin_client, address)
        assert "Draft 3</" in text(admin_client, address + "?drafts=2")
    assert "older drafts" in text(admin_client, of_review)
    page = text(
        admin_client, reverse("admin:roadmaps_draft_change", args=[Draft.objects.get(number=15).pk])
    )
    assert ("Draft 14</a>" in page, "Draft 16</a>" in page, "Draft 17</a>" in page) == (
        True,
        True,
        False,
    )


def test_leases_and_stuck_runs_have_pages(admin_client, owner):
    Lease.objects.bulk_create(
        Lease(
            subject=uuid.uuid4(),
            token=uuid.uuid4(),
            expires_at=timezone.now() + timedelta(minutes=number),
        )
        for number in range(60)
    )
    Roadmap.objects.bulk_create(Roadmap(owner=owner, goal=f"Goal {number}") for number in range(60))
    Roadmap.objects.update(dispatched_at=timezone.now() - timedelta(hours=1))
    first, second = (
        admin_client.get("/admin/system/", {"leases": page, "stuck": page}) for page in (1, 2)
    )
    for name in ("leases", "stuck"):
        assert [len(page.context[name]) for page in (first, second)] == [50, 10]
    assert "?leases=2&amp;stuck=1#leases" in first.content.decode()
    assert (
        len(admin_client.get("/admin/system/?leases=99999999999999999999").context["leases"]) == 0
    )
