"""Every action of the admin asks for a permission and leaves a line in the log of acts."""

from typing import Any

import pytest
from celery.signals import before_task_publish
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from content.artifacts.kinds import KINDS
from roadmaps.admin.desk.acts import ACTS, AT_ONCE
from roadmaps.admin.desk.bulk import SEEN
from roadmaps.models import Review, Roadmap
from roadmaps.review.expert_links import make_expert_link
from tests import courses
from tests.admin.test_admin_lists import MAKE

pytestmark = pytest.mark.django_db
admin.autodiscover()
ADMINS = {model._meta.label: row for model, row in admin.site._registry.items()}
ARTIFACTS = {kind.model._meta.label for kind in KINDS.values()}
UNFOLD_ACTIONS = ("actions_list", "actions_row", "actions_detail", "actions_submit_line")
ONLY_LEAD = {"go_to_checkpoints"}  # to another page, and do nothing


def names_of(actions):
    return [getattr(action, "__name__", action) for action in actions or ()]


LISTED = sorted(
    (label, name)
    for label, row in ADMINS.items()
    for name in {*names_of(row.actions), *(name for name, _ in admin.site.actions)}
)
ON_PAGES = sorted(
    (label, name)
    for label, row in ADMINS.items()
    for place in UNFOLD_ACTIONS
    for name in names_of(getattr(row, place))
    if name not in ONLY_LEAD
)


def ready(label, name):
    """A row on which the action has something to do."""
    row = MAKE[label](1)
    if name.startswith("retry"):
        Roadmap.objects.filter(pk=row.pk).update(status="FAILED")
    elif label in ARTIFACTS:
        Roadmap.objects.filter(pk=row.concept.roadmap_id).update(status="READY")
        courses.reviewed(row.concept.roadmap)
        type(row).objects.filter(pk=row.pk).update(status="READY")
    elif label == "content.Export":
        Roadmap.objects.filter(pk=row.roadmap_id).update(status="READY", owner=row.owner)
        type(row).objects.filter(pk=row.pk).update(status="FAILED")
    elif name == "take_out_selected":
        type(row).objects.filter(pk=row.pk).update(listed_at=timezone.now())
    elif name == "let_in_selected":
        type(row).objects.filter(pk=row.pk).update(taken_out_at=timezone.now())
    return row


def address(label, page, *args):
    opts = ADMINS[label].model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args)


def press(client, label, name, row):
    """Post the action of the list for `row`, as its page or a forged form does."""
    fields = {"action": name, "_selected_action": [row.pk], "post": "yes"}
    if isinstance(row, Review):
        fields |= {"comment": "More practice, please", SEEN: f"{row.pk}:{row.draft_id}"}
    return client.post(address(label, "changelist"), fields)


def kept(row):
    return list(type(row).objects.filter(pk=row.pk).values())


@pytest.fixture
def sent():
    """Names of the tasks that were sent to workers."""
    names = []

    def note(sender, **_):
        names.append(sender)

    before_task_publish.connect(note)
    yield names
    before_task_publish.disconnect(note)


def test_there_are_actions():
    assert len(LISTED) >= len(ADMINS) + 10
    assert len(ON_PAGES) >= 6
    assert {"run_tasks", "make_verified", "approve_selected"} < {name for _, name in LISTED}


@pytest.mark.parametrize("label", sorted(ADMINS))
def test_every_action_names_its_permission(label):
    row = ADMINS[label]
    listed = [*(row.actions or ()), *(action for _, action in admin.site.actions)]
    functions: list[Any] = [(row.get_action(action) or (None,))[0] for action in listed]
    functions += [
        getattr(row, name) for place in UNFOLD_ACTIONS for name in names_of(getattr(row, place))
    ]
    assert functions
    assert [function for function in functions if not function.allowed_permissions] == []


@pytest.mark.parametrize(("label", "name"), LISTED)
def test_who_may_only_look_is_offered_no_action_and_does_none(client, viewer, sent, label, name):
    client.force_login(viewer)
    row = ready(label, name)
    before = kept(row)
    form = client.get(address(label, "changelist")).context.get("action_form")
    assert name not in dict(form.fields["action"].choices if form else ())
    press(client, label, name, row)
    assert kept(row) == before
    assert not sent
    assert not LogEntry.objects.filter(user=viewer).exists()


@pytest.mark.parametrize(("label", "name"), LISTED)
def test_every_action_leaves_a_line_in_the_log(client, superuser, label, name):
    client.force_login(superuser)
    row = ready(label, name)
    before = kept(row)
    form = client.get(address(label, "changelist")).context.get("action_form")
    offered = name in dict(form.fields["action"].choices if form else ())
    press(client, label, name, row)
    lines = LogEntry.objects.filter(user=superuser, object_id=str(row.pk))
    if name == "delete_selected" and not offered:  # rows that only Cairn itself writes
        assert kept(row) == before
        assert not lines.exists()
    else:
        assert offered
        assert lines.count() == 1
        assert lines.get().content_type.model_class()._meta.label == label


@pytest.mark.parametrize(("label", "name"), ON_PAGES)
def test_every_action_of_a_page_asks_for_a_permission_and_leaves_a_line(
    client, viewer, superuser, label, name
):
    row = ready(label, name)
    before = kept(row)
    client.force_login(viewer)
    assert client.post(address(label, name, row.pk), {"_form_submitted": "True"}).status_code == 403
    assert kept(row) == before
    assert not LogEntry.objects.filter(user=viewer).exists()

    client.force_login(superuser)
    assert client.post(address(label, name, row.pk), {"_form_submitted": "True"}).status_code == 302
    assert LogEntry.objects.filter(user=superuser, object_id=str(row.pk)).count() == 1


def act_on(client, review, do, **fields):
    place = reverse("admin:roadmaps_review_act", args=[review.pk, do])
    return client.post(place, {SEEN: f"{review.pk}:{review.draft_id}"} | fields)


@pytest.mark.parametrize("do", [*ACTS, *AT_ONCE])
def test_every_act_of_the_desk_asks_for_a_permission_and_leaves_a_line(
    client, viewer, reviewer, colleague, do
):
    review = MAKE["roadmaps.Review"](1)
    link, _secret = make_expert_link(review, by=colleague, name="Ada")
    fields = {"comment": "Look at week two", "name": "Grace", "link": link.pk}
    client.force_login(viewer)
    before = kept(review)
    assert act_on(client, review, do, **fields).status_code == 403
    assert kept(review) == before
    assert not LogEntry.objects.filter(user=viewer).exists()

    client.force_login(reviewer)
    if do == "release":
        act_on(client, review, "claim")
        LogEntry.objects.all().delete()
    assert act_on(client, review, do, **fields).status_code == 302
    assert LogEntry.objects.filter(user=reviewer, object_id=str(review.pk)).count() == 1


def test_a_switch_is_in_the_log_also_where_the_list_is_filtered_by_it(client, superuser):
    row = MAKE["django_celery_beat.PeriodicTask"](1)
    client.force_login(superuser)
    chosen = {"action": "disable_tasks", "_selected_action": [row.pk]}
    client.post(
        address("django_celery_beat.PeriodicTask", "changelist") + "?enabled__exact=1", chosen
    )
    assert LogEntry.objects.get(user=superuser).change_message == "Switched off."


def test_a_task_that_no_worker_knows_is_neither_run_nor_in_the_log(client, superuser, sent):
    row = MAKE["django_celery_beat.PeriodicTask"](1)
    type(row).objects.filter(pk=row.pk).update(task="nobody.knows")
    client.force_login(superuser)
    press(client, "django_celery_beat.PeriodicTask", "run_tasks", row)
    assert not sent
    assert not LogEntry.objects.exists()


def test_who_may_change_schedules_runs_them(client, sent):
    row = MAKE["django_celery_beat.PeriodicTask"](1)
    person = courses.person("planner", staff=True)
    person.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_periodictask", "change_periodictask"])
    )
    client.force_login(person)
    press(client, "django_celery_beat.PeriodicTask", "run_tasks", row)
    assert sent == [row.task]
    assert LogEntry.objects.get(user=person).change_message == "Run by hand."
