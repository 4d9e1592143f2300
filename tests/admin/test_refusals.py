"""Refusals name nothing: who may not see a row reads no title, name or address of it anywhere."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from content.models import Export
from roadmaps.admin import urls as pages_of_no_model
from roadmaps.admin.desk.acts import ACTS, AT_ONCE
from roadmaps.admin.desk.bulk import SEEN
from roadmaps.models import Concept, Review, Roadmap
from roadmaps.review.desk import claim_review
from roadmaps.review.expert_links import make_expert_link
from tests import courses
from tests.admin.test_admin_actions import LISTED
from tests.admin.test_admin_lists import MAKE

pytestmark = pytest.mark.django_db
MARK = "zebra"  # in every title, name and address
admin.autodiscover()
ADMINS = {model._meta.label: row for model, row in admin.site._registry.items()}


@pytest.fixture
def rows():
    """A row of each model, all with the mark in what a person would know them by."""
    rows = {label: make(at * 1000) for at, (label, make) in enumerate(MAKE.items(), start=1)}
    Roadmap.objects.update(title=f"The {MARK}", goal=f"Learn all about the {MARK}")
    Concept.objects.update(title=f"Stripes of the {MARK}")
    for user in User.objects.all():
        user.username, user.email = f"{MARK}-{user.pk}", f"{MARK}-{user.pk}@example.org"
        user.save()
    for address in EmailAddress.objects.all():
        address.email = f"{MARK}-of-{address.pk}@example.org"
        address.save()
    LogEntry.objects.update(object_repr=MARK)
    Group.objects.filter(pk=rows["auth.Group"].pk).update(name=MARK)
    PeriodicTask.objects.update(name=MARK)
    Export.objects.update(error=MARK)
    review = rows["roadmaps.Review"]
    claim_review(review, by=courses.reviewer(f"{MARK}-colleague"))
    return rows


def addresses(label, row):
    """Every address of the model's pages, for its row."""
    for route in ADMINS[label].get_urls():
        if route.name is None:
            continue
        parameters = set(route.pattern.converters)
        if "do" in parameters:
            for do in (*ACTS, *AT_ONCE):
                yield reverse(f"admin:{route.name}", kwargs={"pk": row.pk, "do": do})
        else:
            yield reverse(f"admin:{route.name}", args=[row.pk] if parameters else [])


def fields_of(row):
    fields: dict[str, Any] = {
        "_selected_action": [row.pk],
        "post": "yes",
        "_form_submitted": "True",
    }
    if isinstance(row, Review):
        link, _secret = make_expert_link(row, by=row_reviewer(), name=f"Dr. {MARK}")
        fields |= {SEEN: f"{row.pk}:{row.draft_id}", "draft": 1, "decision": "APPROVED"}
        fields |= {"comment": "Fine", "link": link.pk, "to": User.objects.earliest("pk").pk}
    return fields


def row_reviewer():
    return User.objects.get(username=f"{MARK}-colleague")


@pytest.mark.parametrize("permissions", [(), ("decide_review",)], ids=["nothing", "only decide"])
@pytest.mark.parametrize("label", sorted(ADMINS))
def test_no_answer_names_a_row_to_who_may_not_see_it(client, rows, label, permissions):
    row = rows[label]
    fields = fields_of(row)
    client.force_login(courses.person("guest", *permissions, staff=True))
    asked = list(addresses(label, row))
    assert asked
    for address in asked:
        for answer in (client.get(address, follow=True), client.post(address, fields, follow=True)):
            assert answer.status_code in (200, 400, 403, 404, 405), address
            assert MARK not in answer.content.decode(), address
    for name in [action for owner, action in LISTED if owner == label]:
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
        answer = client.post(address, fields | {"action": name}, follow=True)
        assert answer.status_code == 403
        assert MARK not in answer.content.decode()
    assert MARK not in client.get(reverse("admin:index")).content.decode()
    if label == "roadmaps.Review":
        row.refresh_from_db()
        assert (row.status, row.assigned_to.username) == ("PENDING", f"{MARK}-{row.assigned_to_id}")


@pytest.mark.parametrize("label", sorted(ADMINS))
def test_who_may_only_look_changes_nothing_by_any_address(client, viewer, rows, label):
    row, model = rows[label], type(rows[label])
    fields = fields_of(row)
    client.force_login(viewer)
    before = list(model.objects.order_by("pk").values())
    acts = LogEntry.objects.count()
    for address in addresses(label, row):
        answer = client.post(address, fields)
        assert answer.status_code in (200, 302, 403, 404, 405), address
    assert list(model.objects.order_by("pk").values()) == before
    assert LogEntry.objects.count() == acts
    assert not ADMINS[label].list_editable  # which the list itself would save


@pytest.mark.parametrize("route", pages_of_no_model.urlpatterns, ids=str)
def test_no_page_of_no_model_names_a_row_to_who_may_see_nothing(client, rows, route):
    client.force_login(courses.person("guest", staff=True))
    address = reverse("admin:index") + str(route.pattern)
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code in (403, 404, 405)
        assert MARK not in answer.content.decode()


@pytest.mark.parametrize("to", ["a learner", "nobody's number"])
def test_assigning_tells_no_name_behind_a_number(desk, owner, to):
    review = MAKE["roadmaps.Review"](1)
    learner = courses.person(f"{MARK}-learner")
    number = learner.pk if to == "a learner" else learner.pk + 1000
    address = reverse("admin:roadmaps_review_act", args=[review.pk, "assign"])
    page = desk.post(address, {"to": number}, follow=True).content.decode()
    assert "Only somebody who may decide this review can be assigned." in page
    assert MARK not in page


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_a_refusal_of_who_may_see_it_says_what_it_is_about(client, rows, role, request):
    """For each refusal its success: a person with the right reads the names."""
    client.force_login(request.getfixturevalue(role))
    page = client.get(reverse("admin:roadmaps_review_change", args=[rows["roadmaps.Review"].pk]))
    assert MARK in page.content.decode()
