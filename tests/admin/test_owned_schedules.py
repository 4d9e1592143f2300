"""Schedules that the settings own: read-only in the admin but for their switch, and it says so."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.urls import reverse
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import app
from roadmaps.operations import schedules
from tests import courses

pytestmark = pytest.mark.django_db
LIST = "admin:django_celery_beat_periodictask_changelist"


@pytest.fixture(autouse=True)
def written():
    start_beat()


class Beat(DatabaseScheduler):
    """Beat as far as it writes its table at a start; reading it back would close the test's
    connection.
    """

    schedule: Any = {}


def start_beat():
    scheduler = Beat(app=app, lazy=True)
    scheduler._finalize.cancel()
    scheduler.setup_schedule()


def page_of(row):
    return reverse(f"admin:django_celery_beat_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def links():
    return PeriodicTask.objects.get(name="check links")


def test_the_names_are_those_that_beat_writes():
    assert set(PeriodicTask.objects.values_list("name", flat=True)) == schedules.owned_names()


def test_an_owned_schedule_says_that_it_is_read_only_and_keeps_its_times(admin_client, links):
    page = admin_client.get(page_of(links)).content.decode()
    assert "The settings own this schedule" in page
    assert "Kept by" in admin_client.get(reverse(LIST)).content.decode()
    other = IntervalSchedule.objects.create(every=6, period="hours")
    sent = {
        "interval": other.pk,
        "task": "maintenance.prune",
        "name": "mine",
        "enabled": "on",
        "args": "[1]",
    }
    assert admin_client.post(page_of(links), sent).status_code == 302
    kept = PeriodicTask.objects.get(pk=links.pk)
    assert (kept.name, kept.task, kept.interval, kept.args) == (
        links.name,
        links.task,
        links.interval,
        links.args,
    )
    assert kept.enabled


# What beat itself notes at each run or change of a row.
NOTED_BY_BEAT = {"last_run_at", "total_run_count", "date_changed"}
FIELDS = [field for field in PeriodicTask._meta.concrete_fields if not field.primary_key]


def other_value(field, row):
    """What a form would send to have another value in that field."""
    if field.related_model:
        wanted: dict[Any, dict[str, Any]] = {
            IntervalSchedule: {"every": 6, "period": "hours"},
            CrontabSchedule: {"minute": "7"},
            SolarSchedule: {"event": "sunrise", "latitude": 1, "longitude": 2},
            ClockedSchedule: {"clocked_time": datetime(2027, 1, 1, tzinfo=UTC)},
        }
        return field.related_model.objects.get_or_create(**wanted[field.related_model])[0].pk
    values = {"task": "maintenance.prune", "args": "[1]", "kwargs": '{"a": 1}', "headers": "{}"}
    kinds = {
        "BooleanField": "" if getattr(row, field.name) else "on",
        "DateTimeField": "2027-01-01",
    }
    return values.get(field.name, kinds.get(field.get_internal_type(), "7"))


def values_of(row):
    row.refresh_from_db()
    return {field.name: getattr(row, field.attname) for field in FIELDS}


def test_no_field_of_an_owned_schedule_comes_back_at_a_restart_without_a_word(admin_client):
    """Each is kept, or can't be edited and the page says so."""
    rows = PeriodicTask.objects.filter(name__in=schedules.owned_names())
    saved = {}
    for row in rows:
        page = admin_client.get(page_of(row))
        assert "The settings own this schedule" in page.content.decode()
        before = values_of(row)
        sent = {field.name: other_value(field, row) for field in FIELDS}
        times = {f"{name}_0": "2027-01-01" for name in sent} | {
            f"{name}_1": "03:04" for name in sent
        }
        assert admin_client.post(page_of(row), sent | times | {"regtask": "nobody.knows"}).url
        saved[row.name] = values_of(row)
        changed = {name for name in before if saved[row.name][name] != before[name]}
        assert changed - NOTED_BY_BEAT == set(page.context["adminform"].form.fields) == {"enabled"}

    start_beat()
    assert set(saved) == schedules.owned_names()
    for row in rows.all():
        now = values_of(row)
        assert {name for name in now if now[name] != saved[row.name][name]} <= {"date_changed"}


def test_an_owned_schedule_is_switched_off_and_stays_so(admin_client, links):
    assert admin_client.post(page_of(links), {}).status_code == 302  # an empty box
    assert not PeriodicTask.objects.get(pk=links.pk).enabled
    for action, enabled in (("enable_tasks", True), ("disable_tasks", False)):
        chosen = {"action": action, "_selected_action": [links.pk]}
        assert admin_client.post(reverse(LIST), chosen).status_code == 302
        start_beat()
        assert PeriodicTask.objects.get(pk=links.pk).enabled is enabled


def test_an_owned_schedule_is_not_deleted_alone_or_with_others(admin_client, links):
    own = PeriodicTask.objects.create(name="own", task="maintenance.prune", interval=links.interval)
    assert (
        admin_client.post(page_of(links).replace("change", "delete"), {"post": "yes"}).status_code
        == 403
    )
    chosen = {"action": "delete_selected", "_selected_action": [links.pk, own.pk], "post": "yes"}
    page = admin_client.post(reverse(LIST), chosen).content.decode()
    assert "“check links”: the settings own it. You can switch it off." in page
    assert PeriodicTask.objects.filter(name__in=("check links", "own")).count() == 2
    admin_client.post(reverse(LIST), chosen | {"_selected_action": [own.pk]})
    assert not PeriodicTask.objects.filter(name="own").exists()


@pytest.mark.parametrize("model", [IntervalSchedule, CrontabSchedule])
def test_times_that_owned_schedules_use_are_neither_edited_nor_deleted(admin_client, links, model):
    name = "check links" if model is IntervalSchedule else schedules.ADDED_BY_BEAT
    times = model.objects.get(periodictask__name=name)
    page = admin_client.get(page_of(times)).content.decode()
    assert "You can&#x27;t edit these times" in page or "You can't edit these times" in page
    assert name in page
    assert (
        admin_client.post(page_of(times), {"every": 6, "period": "days", "hour": "7"}).status_code
        == 403
    )
    many = reverse(f"admin:django_celery_beat_{model._meta.model_name}_changelist")
    chosen = {"action": "delete_selected", "_selected_action": [times.pk], "post": "yes"}
    assert "the settings own it" in admin_client.post(many, chosen).content.decode()
    assert model.objects.filter(pk=times.pk).exists()
    assert PeriodicTask.objects.filter(name=name).exists()


def test_schedules_and_times_of_ones_own_are_edited_as_before(admin_client):
    times = IntervalSchedule.objects.create(every=6, period="hours")
    own = PeriodicTask.objects.create(name="own", task="maintenance.prune", interval=times)
    assert "You can't edit" not in admin_client.get(page_of(times)).content.decode()
    assert admin_client.post(page_of(times), {"every": 7, "period": "hours"}).status_code == 302
    fields = {
        "name": "own",
        "task": "maintenance.recover",
        "regtask": "",
        "interval": times.pk,
        "enabled": "on",
    }
    more = {"args": "[]", "kwargs": "{}", "headers": "{}"}
    assert admin_client.post(page_of(own), fields | more).status_code == 302
    start_beat()
    own.refresh_from_db()
    assert (own.task, own.interval.every) == ("maintenance.recover", 7)


def test_a_name_of_the_settings_can_not_be_taken(admin_client, links):
    links.delete()
    fields = {
        "name": "check links",
        "task": "maintenance.prune",
        "interval": IntervalSchedule.objects.first().pk,
    }
    more = {"args": "[]", "kwargs": "{}", "headers": "{}"}
    page = admin_client.post(reverse("admin:django_celery_beat_periodictask_add"), fields | more)
    assert "The settings own a schedule of this name" in page.content.decode()
    assert "check links" in settings.CELERY_BEAT_SCHEDULE


def test_who_may_only_look_switches_nothing(client, links):
    viewer = courses.person("viewer", staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_periodictask"))
    client.force_login(viewer)
    client.post(reverse(LIST), {"action": "disable_tasks", "_selected_action": [links.pk]})
    assert PeriodicTask.objects.get(pk=links.pk).enabled
