"""Thrown away, restored, deleted: to the last row."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from content.artifacts import rewrites as content_services
from content.models import Question, Tutorial
from logs_app import stream
from logs_app.models import ExecutionLog
from roadmaps.engine import leases
from roadmaps.engine.recovery import recover
from roadmaps.exceptions import InvalidTransition, LeaseLost
from roadmaps.models import Concept, Draft, ErasedThread, ModelCall, Review, ReviewEvent, Roadmap
from roadmaps.removal import erasure, retention, trash
from roadmaps.services import decide_review, retry_run
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


def threads():
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT thread_id FROM checkpoints.checkpoints")
        return {row[0] for row in cursor.fetchall()}


def put_away(roadmap, days_ago=0):
    trash.move_to_trash(roadmap, by=roadmap.owner)
    Roadmap.objects.filter(pk=roadmap.pk).update(
        deleted_at=timezone.now() - timedelta(days=days_ago)
    )
    roadmap.refresh_from_db()


def test_in_the_trash_it_is_nowhere_else(browser, owner):
    roadmap = courses.written(owner)
    concept = roadmap.concepts.first()
    browser.post(reverse("roadmap_trash", args=[roadmap.pk]))
    assert browser.get(roadmap.get_absolute_url()).status_code == 404
    assert browser.get(concept.get_absolute_url()).status_code == 404
    assert browser.get(reverse("roadmap_export", args=[roadmap.pk, "json"])).status_code == 404
    assert not Roadmap.objects.visible_to(owner).exists()
    assert not Notice.objects.shown_to(owner).exists()
    assert "30 days left" in browser.get(reverse("roadmap_trash_list")).content.decode()


def test_the_list_of_roadmaps_leaves_it_out(browser, owner):
    thrown, kept = courses.requested(owner, goal="Learn to mend bicycles"), courses.requested(owner)
    trash.move_to_trash(thrown, by=owner)
    page = browser.get(reverse("roadmap_list")).content.decode()
    assert thrown.goal not in page
    assert kept.goal in page


def test_restored_it_is_as_it_was(browser, owner):
    roadmap = courses.written(owner)
    put_away(roadmap)
    browser.post(reverse("roadmap_restore", args=[roadmap.pk]))
    roadmap.refresh_from_db()
    assert (roadmap.status, roadmap.deleted_at) == ("READY", None)
    assert browser.get(roadmap.get_absolute_url()).status_code == 200


def test_what_runs_is_cancelled_first_and_goes_on_when_it_is_restored(owner):
    roadmap = courses.designed(owner)
    put_away(roadmap)
    assert (roadmap.status, roadmap.reviews.get().status) == ("CANCELLED", "SUPERSEDED")
    with pytest.raises(InvalidTransition, match="in the trash"):
        retry_run(roadmap)
    trash.restore(roadmap, by=owner)
    retry_run(roadmap)
    assert courses.advance(roadmap).status == "AWAITING_REVIEW"


def test_whoever_drives_or_writes_for_it_can_save_nothing_more(owner):
    roadmap = courses.written(owner)
    tutorial = content_services.retry_artifact(roadmap.concepts.first(), "tutorial")
    with leases.hold(tutorial.pk, lambda: 1) as held:
        put_away(roadmap)
        with pytest.raises(LeaseLost), held.writing():
            pass
    assert recover() == 0


def test_twice_and_what_is_not_there_are_refused(browser, owner):
    roadmap = courses.requested(owner)
    with pytest.raises(InvalidTransition, match="not in the trash"):
        trash.delete_for_good(roadmap)
    with pytest.raises(InvalidTransition, match="not in the trash"):
        trash.restore(roadmap, by=owner)
    put_away(roadmap)
    with pytest.raises(InvalidTransition, match="already"):
        trash.move_to_trash(roadmap, by=owner)
    assert (
        "already"
        in browser.post(reverse("roadmap_trash", args=[roadmap.pk]), follow=True).content.decode()
    )


def test_only_its_owner_throws_it_away(client, owner, reviewer):
    roadmap = courses.requested(owner)
    for person in (courses.person("stranger"), reviewer):  # who may see it, too
        client.force_login(person)
        for name in ("roadmap_trash", "roadmap_restore", "roadmap_erase"):
            assert client.post(reverse(name, args=[roadmap.pk])).status_code == 404
    assert client.post(reverse("roadmap_trash", args=[uuid.uuid4()])).status_code == 404
    client.logout()
    assert client.post(reverse("roadmap_trash", args=[roadmap.pk])).status_code == 302
    roadmap.refresh_from_db()
    assert roadmap.deleted_at is None


def test_throwing_away_needs_a_post_and_deleting_asks_first(browser, owner):
    roadmap = courses.requested(owner)
    assert browser.get(reverse("roadmap_trash", args=[roadmap.pk])).status_code == 405
    put_away(roadmap)
    assert (
        "Delete for good?"
        in browser.get(reverse("roadmap_erase", args=[roadmap.pk])).content.decode()
    )
    assert Roadmap.objects.exists()
    browser.post(reverse("roadmap_erase", args=[roadmap.pk]))
    assert not Roadmap.objects.exists()


def all_of(roadmap):
    """How many rows of each kind are left of it."""
    stream.drain()
    return {
        "log": ExecutionLog.objects.filter(roadmap_id=roadmap.pk).count(),
        "answers": ModelCall.objects.filter(thread_id=roadmap.thread_id).exclude(answer={}).count(),
        "checkpoints": len(threads() & {str(roadmap.thread_id)}),
        "rows": sum(
            model.objects.count()
            for model in (Roadmap, Draft, Review, ReviewEvent, Concept, Tutorial, Question)
        ),
    }


def test_deleted_for_good_nothing_is_left_but_what_it_has_cost(owner, reviewer):
    roadmap = courses.designed(owner)
    ModelCall.objects.filter(role="curriculum").update(input_tokens=100, output_tokens=7)
    decide_review(roadmap.reviews.get(), "APPROVED", by=reviewer)
    courses.advance(courses.advance(roadmap))
    assert all(all_of(roadmap).values())
    put_away(roadmap)
    trash.delete_for_good(roadmap)
    erasure.sweep()
    stream.drain()
    erasure.sweep()
    assert not any(all_of(roadmap).values()), all_of(roadmap)
    call = ModelCall.objects.get()
    assert (call.answer, call.input_tokens, call.output_tokens) == ({}, 100, 7)
    entry = LogEntry.objects.get(user=reviewer)
    assert (entry.object_repr, entry.change_message) == ("(deleted)", "")


def test_the_histories_of_others_stay(owner):
    kept = courses.designed(courses.person("other"))
    gone = courses.designed(owner)
    put_away(gone)
    trash.delete_for_good(gone)
    assert kept.reviews.get().events.count() == 1
    assert {str(kept.thread_id), str(gone.thread_id)} & threads() == {str(kept.thread_id)}


def test_what_comes_late_is_swept_for_a_day(owner):
    roadmap = courses.requested(owner)
    put_away(roadmap)
    trash.delete_for_good(roadmap)
    late = {"thread_id": roadmap.thread_id, "role": "intent", "input_hash": "x", "model": "m"}
    ModelCall.objects.create(**late, answer={"goal": "bread"}, input_tokens=5)
    retention.prune()
    assert ModelCall.objects.get().answer == {}
    ErasedThread.objects.update(erased_at=timezone.now() - timedelta(days=2))
    assert retention.prune()["erased_threads"] == 0


def test_prune_takes_what_lay_long_enough(owner, settings):
    old, new = courses.designed(owner), courses.designed(owner)
    put_away(old, settings.TRASH_DAYS + 1)
    put_away(new, settings.TRASH_DAYS - 1)
    assert trash.days_left(new) == 1
    assert retention.prune()["trash"] == 1
    assert list(Roadmap.objects.all()) == [new]
    assert {str(old.thread_id), str(new.thread_id)} & threads() == {str(new.thread_id)}


def test_the_admin_shows_it_only_when_asked(admin_client, owner):
    thrown = courses.requested(owner, goal="Learn to mend bicycles")
    trash.move_to_trash(thrown, by=owner)
    address = reverse("admin:roadmaps_roadmap_changelist")
    assert "bicycles" not in admin_client.get(address).content.decode()
    assert "bicycles" in admin_client.get(address, {"trash": "in"}).content.decode()


def test_an_expert_link_to_it_has_ended(owner, reviewer, client):
    from roadmaps.review.expert_links import make_expert_link

    roadmap = courses.designed(owner)
    _, secret = make_expert_link(roadmap.reviews.get(), by=reviewer, name="Ann")
    put_away(roadmap)
    assert "withdrawn" in client.get(reverse("expert_review", args=[secret])).content.decode()


def test_a_trash_of_many_asks_as_often_as_one_of_few(owner, browser):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("roadmap_trash_list"))
        return len(queries)

    put_away(courses.requested(owner))
    few = asked()
    for _ in range(8):
        put_away(courses.requested(owner))
    assert asked() == few
