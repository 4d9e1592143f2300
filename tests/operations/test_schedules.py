"""What beat sends after a start: whatever is overdue, also what has never been sent."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


def due_at_start():
    """Names of the schedules that a beat sends first, in a process that has just read them."""
    scheduler = DatabaseScheduler(app=app, lazy=True)
    scheduler.setup_schedule()
    return {name for name, entry in scheduler.schedule.items() if entry.is_due().is_due}


def started_before(**ago):
    """As a beat left it that was stopped so long ago, before it had sent anything."""
    DatabaseScheduler(app=app, lazy=True).setup_schedule()
    PeriodicTask.objects.update(date_changed=timezone.now() - timedelta(**ago))


def test_what_has_never_been_sent_is_due_at_each_start_until_it_is():
    started_before(minutes=40)
    assert due_at_start() >= set(settings.CELERY_BEAT_SCHEDULE)
    assert due_at_start() >= set(settings.CELERY_BEAT_SCHEDULE)


def test_what_was_sent_long_ago_is_due_and_what_was_sent_just_now_is_not():
    started_before(minutes=40)
    PeriodicTask.objects.filter(name="prune").update(
        last_run_at=timezone.now() - timedelta(hours=23)
    )
    PeriodicTask.objects.filter(name="check links").update(
        last_run_at=timezone.now() - timedelta(minutes=30)
    )
    due = due_at_start()
    assert "prune" in due
    assert "check links" not in due


def test_what_a_beat_has_sent_is_not_due_at_the_next_start():
    scheduler = DatabaseScheduler(app=app, lazy=True)
    scheduler.setup_schedule()
    entry = scheduler.reserve(scheduler.schedule["prune"])
    scheduler.schedule["prune"] = entry
    scheduler.sync()
    assert "prune" not in due_at_start()
