"""Every page of the admin asks the database as often for thirty rows as for three."""

import html
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import label_for_field
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from django_celery_results.models import TaskResult
from unfold.admin import checkbox
from unfold.templatetags import unfold_list

from content.artifacts import jobs
from content.artifacts.kinds import KINDS
from content.models import Export, Tutorial
from logs_app.models import ExecutionLog
from roadmaps.llm.author.chat_model import answer
from roadmaps.models import Concept, Draft, ModelCall, ModelFailure, Module, Review, Roadmap, Stage
from sharing.models import Share
from tests import courses

pytestmark = pytest.mark.django_db
PLAN = {"title": "A plan", "summary": "", "stages": []}
REPORT = {
    "issues": [],
    "scores": [],
    "score": 80,
    "minutes": 60,
    "budget_minutes": 60,
    "skipped": [],
}


def owner(number):
    return User.objects.create_user(f"owner{number}", f"owner{number}@example.com")


def roadmap(number):
    return Roadmap.objects.create(
        owner=owner(number), goal=f"Goal {number}", status="AWAITING_REVIEW"
    )


def draft(number):
    return Draft.objects.create(roadmap=roadmap(number), number=1, plan=PLAN, report=REPORT)


def review(number):
    made = draft(number)
    return Review.objects.create(
        roadmap=made.roadmap, draft=made, interrupt_id=str(number), assigned_to=owner(-number)
    )


def concept(number):
    course = roadmap(number)
    stage = Stage.objects.create(roadmap=course, key="s1", title="Stage", order=1)
    module = Module.objects.create(stage=stage, key="m1", title="Module", order=1)
    return Concept.objects.create(
        roadmap=course,
        module=module,
        key="c1",
        slug="c1",
        title=f"Concept {number}",
        order=1,
        minutes=30,
        outcomes=["You can tell one thing from another."],
    )


def artifact(kind, number):
    """One artifact of `kind` with the built-in author's answer in it."""
    row = kind.model.objects.create(concept=concept(number))
    kind.fill(row, kind.schema.model_validate(answer(kind.answer, jobs.payload(row.concept))))
    row.save()
    return row


def model_call(number):
    return ModelCall.objects.create(
        thread_id=uuid.uuid4(), role="intent", input_hash=str(number), model="m", answer={}
    )


def event(number):
    return ExecutionLog.objects.create(
        roadmap_id=uuid.uuid4(), sequence=number, event="run_started", occurred_at=timezone.now()
    )


def periodic_task(number):
    every = IntervalSchedule.objects.create(every=number + 1, period="seconds")
    return PeriodicTask.objects.create(
        name=f"Task {number}", task="maintenance.recover", interval=every
    )


admin.autodiscover()
# How one row of each registered model is made.
MAKE: dict[str, Callable[[int], Any]] = {
    "admin.LogEntry": lambda number: LogEntry.objects.create(
        user=owner(number), object_repr="A row", action_flag=2
    ),
    "auth.Group": lambda number: Group.objects.create(name=f"Group {number}"),
    "auth.User": owner,
    "account.EmailAddress": lambda number: EmailAddress.objects.create(
        user=owner(number), email=f"{number}@example.com"
    ),
    "mfa.Authenticator": lambda number: Authenticator.objects.create(
        user=owner(number), type="totp", data={}
    ),
    "content.Export": lambda number: Export.objects.create(
        roadmap=roadmap(number), owner=owner(-number), format="json", expires_at=timezone.now()
    ),
    **{kind.model._meta.label: partial(artifact, kind) for kind in KINDS.values()},
    "django_celery_beat.ClockedSchedule": lambda number: ClockedSchedule.objects.create(
        clocked_time=timezone.now() + timedelta(days=number)
    ),
    "django_celery_beat.CrontabSchedule": lambda number: CrontabSchedule.objects.create(
        minute=str(number)
    ),
    "django_celery_beat.IntervalSchedule": lambda number: IntervalSchedule.objects.create(
        every=number + 1, period="days"
    ),
    "django_celery_beat.PeriodicTask": periodic_task,
    "django_celery_beat.SolarSchedule": lambda number: SolarSchedule.objects.create(
        event="sunrise", latitude=number % 80, longitude=number % 80
    ),
    "django_celery_results.TaskResult": lambda number: TaskResult.objects.create(
        task_id=str(uuid.uuid4())
    ),
    "logs_app.ExecutionLog": event,
    "roadmaps.Draft": draft,
    "roadmaps.ModelCall": model_call,
    "roadmaps.ModelFailure": lambda number: ModelFailure.objects.create(
        thread_id=uuid.uuid4(),
        role="intent",
        model="m",
        reason="429",
        attempts=number,
        gave_up=False,
    ),
    "roadmaps.Review": review,
    "roadmaps.Roadmap": roadmap,
    "sharing.Share": lambda number: Share.objects.create(roadmap=roadmap(number)),
}


@pytest.fixture(params=sorted(MAKE))
def model(request):
    return next(model for model in admin.site._registry if model._meta.label == request.param)


def rows(model, numbers):
    return [MAKE[model._meta.label](number) for number in numbers]


def queries(client, address):
    client.get(address)  # content types are looked up once in a process
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in asked]


def address_of(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_no_page_of_the_admin_is_left_out():
    assert {model._meta.label for model in admin.site._registry} == set(MAKE)


def test_a_list_of_thirty_rows_asks_as_often_as_one_of_three(admin_client, model):
    address = address_of(model, "changelist")
    rows(model, range(1, 4))
    few = queries(admin_client, address)
    rows(model, range(4, 31))
    assert len(queries(admin_client, address)) == len(few)


def test_the_page_of_a_row_opens_whatever_stands_beside_it(admin_client, model):
    made = rows(model, range(1, 4))
    address = address_of(model, "change", made[0].pk)
    few = queries(admin_client, address)
    rows(model, range(4, 31))
    assert len(queries(admin_client, address)) == len(few)


@pytest.mark.parametrize("name", ["admin:index", "system", "model_usage", "failures"])
def test_pages_of_no_model_ask_as_often_whatever_there_is(admin_client, name):
    for at, make in enumerate(MAKE.values(), start=1):
        make(at * 1000)
    few = queries(admin_client, reverse(name))
    for number in range(100, 130):
        review(number)
        model_call(number)
        artifact(KINDS["quiz"], number + 100)
    assert len(queries(admin_client, reverse(name))) == len(few)


@pytest.mark.parametrize(
    "model", [ExecutionLog, ModelCall, ModelFailure, Roadmap, Draft, Tutorial, TaskResult]
)
def test_large_lists_are_neither_counted_nor_read_for_their_filters(admin_client, model):
    rows(model, range(1, 4))
    for query in queries(admin_client, address_of(model, "changelist")):
        own = f'FROM "{model._meta.db_table}"' in query
        assert not (own and ("COUNT(*)" in query or "DISTINCT" in query)), query


def test_the_log_is_filtered_by_what_it_holds(admin_client):
    seen = event(1)
    other = ExecutionLog.objects.create(
        roadmap_id=seen.roadmap_id,
        sequence=2,
        event="run_failed",
        level="error",
        occurred_at=timezone.now(),
    )
    address = address_of(ExecutionLog, "changelist")

    def listed(query):
        return [row.pk for row in admin_client.get(address + query).context["cl"].result_list]

    assert listed("") == [other.pk, seen.pk]
    assert listed("?level=error") == listed("?event__exact=run_failed") == [other.pk]
    assert listed(f"?roadmap_id={seen.roadmap_id}") == [
        seen.pk,
        other.pk,
    ]  # a story is read from its start
    assert listed(f"?roadmap_id={uuid.uuid4()}") == listed("?roadmap_id=no-id") == []
    page = admin_client.get(address).content.decode()
    assert "run_started" in page
    assert 'value="run_failed"' in page


def test_a_roadmap_is_found_by_each_of_its_ids(admin_client):
    wanted, _other = roadmap(1), roadmap(2)
    for term in (wanted.pk, wanted.thread_id, wanted.run_id, "Goal 1"):
        found = (
            admin_client.get(address_of(Roadmap, "changelist"), {"q": str(term)})
            .context["cl"]
            .result_list
        )
        assert [row.pk for row in found] == [wanted.pk]


def test_who_may_see_nothing_opens_no_list(client, model):
    client.force_login(courses.person("guest", staff=True))
    assert client.get(address_of(model, "changelist")).status_code == 403


def test_each_column_is_sorted_by_an_address_of_its_own_that_keeps_the_search(admin_client):
    for number in range(1, 4):
        roadmap(number)
    page = admin_client.get(address_of(Roadmap, "changelist") + "?q=Goal").content.decode()
    queries = [
        parse_qs(html.unescape(one)) for one in re.findall(r'href="\?([^"]*\bo=[-\d][^"]*)"', page)
    ]
    sortable = {"1", "2", "3", "7", "8"}  # counted from the box that ticks a row
    assert {query["o"][0].split(".")[0].lstrip("-") for query in queries} == sortable
    assert {query["q"][0] for query in queries} == {"Goal"}


def test_headers_are_made_once_for_a_list_and_not_for_each_row(admin_client, monkeypatch):
    asked = []

    def counted(name, *args, **more):
        asked.append(name)
        return label_for_field(name, *args, **more)

    monkeypatch.setattr(unfold_list, "label_for_field", counted)
    for number in range(1, 4):
        roadmap(number)
    admin_client.get(address_of(Roadmap, "changelist"))
    assert len(asked) == len(set(asked)) > 1


def test_a_row_is_ticked_by_the_box_that_unfold_draws(admin_client):
    one = roadmap(1)
    page = admin_client.get(address_of(Roadmap, "changelist")).content.decode()
    assert str(checkbox.render(ACTION_CHECKBOX_NAME, str(one.pk))) in page
