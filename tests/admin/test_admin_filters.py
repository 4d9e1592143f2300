"""Filters of admin lists: what is active can be seen and removed, and no list tells a secret."""

import html
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from roadmaps.admin.base.look_only import LookOnlyAdmin
from tests import courses

pytestmark = pytest.mark.django_db
ROADMAPS = "/admin/roadmaps/roadmap/"
REVIEWS = "/admin/roadmaps/review/"


def chips_of(client, address):
    """What each chip says → the address that it leads to."""
    response = client.get(address)
    assert response.status_code == 200, address
    found = re.search(r'<nav class="chips".*?</nav>', response.content.decode(), re.S)
    if found is None:
        return {}
    links = re.findall(
        r'<a[^>]* href="([^"]*)">(.*?)</a>|<a href="([^"]*)">(.*?)</a>', found[0], re.S
    )
    chips = {}
    for link in links:
        target, words = link[:2] if link[0] else link[2:]
        chips[" ".join(html.unescape(re.sub("<[^>]*>", "", words)).split())] = html.unescape(target)
    return chips


def test_each_active_filter_is_a_link_that_removes_it_alone(admin_client):
    address = (
        ROADMAPS
        + "?status__exact=FAILED&status__exact=READY&level__exact=beginner&trash=in&q=bread&o=1&p=2"
    )
    assert chips_of(admin_client, address) == {
        "Remove filter Search: bread ×": "?status__exact=FAILED&status__exact=READY&level__exact=beginner&trash=in&o=1",
        "Remove filter Status: Failed ×": "?status__exact=READY&level__exact=beginner&trash=in&q=bread&o=1",
        "Remove filter Status: Ready ×": "?status__exact=FAILED&level__exact=beginner&trash=in&q=bread&o=1",
        "Remove filter Level: Beginner ×": "?status__exact=FAILED&status__exact=READY&trash=in&q=bread&o=1",
        "Remove filter In the trash: In the trash ×": (
            "?status__exact=FAILED&status__exact=READY&level__exact=beginner&q=bread&o=1"
        ),
        "Clear all": "?o=1",
    }


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (ROADMAPS, set()),
        (ROADMAPS + "?created_at_from_0=&created_at_from_1=&level__exact=", set()),
        (
            ROADMAPS
            + "?created_at_from_0=2026-01-02&created_at_from_1=03:04&created_at_to_0=2026-02-03",
            {"Created at (UTC): since 2026-01-02 03:04", "Created at (UTC): until 2026-02-03"},
        ),
        (ROADMAPS + "?made_without_model__exact=1", {"Made without model: Yes"}),
        (ROADMAPS + "?status__in=QUEUED,RUNNING", {"Status: Queued", "Status: Being designed"}),
        (REVIEWS + "?desk=mine", {"Whose it is: Mine"}),
        (REVIEWS + "?desk=nonsense", {"Whose it is: nonsense"}),
        (
            REVIEWS + "?decided_at__gte=2026-01-02T03:04%2B00:00",
            {"Decided at: since 2026-01-02 03:04 UTC"},
        ),
        (REVIEWS + "?decided_at__isnull=0", {"Decided at: any time"}),
        ("/admin/logs_app/executionlog/?level=error", {"Level: Error"}),
        ("/admin/logs_app/executionlog/?roadmap_id=no-id", {"Roadmap (its id): no-id"}),
        ("/admin/sharing/share/?listed_at__isempty=1", {"Listed at: empty"}),
        ("/admin/auth/user/?is_staff__exact=0", {"Staff status: No"}),
        ("/admin/account/emailaddress/?verified__exact=1", {"Verified: Yes"}),
    ],
)
def test_a_chip_says_what_a_person_calls_the_filter(admin_client, address, words):
    seen = {
        one.removeprefix("Remove filter ").removesuffix(" ×")
        for one in chips_of(admin_client, address)
    }
    assert seen - {"Clear all"} == words


def test_without_one_of_several_values_the_others_stay(admin_client):
    chips = chips_of(admin_client, ROADMAPS + "?status__in=QUEUED,RUNNING")
    assert chips["Remove filter Status: Queued ×"] == "?status__in=RUNNING"
    assert chips["Clear all"] == "?"


def test_what_stands_in_an_address_is_shown_as_text(admin_client):
    page = admin_client.get(ROADMAPS, {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert(1)" not in page


def test_a_time_stands_in_the_readers_zone(admin_client):
    admin_client.cookies["time_zone"] = "Asia/Shanghai"
    chips = chips_of(admin_client, REVIEWS + "?decided_at__gte=2026-01-02T03:04%2B00:00")
    assert "Remove filter Decided at: since 2026-01-02 11:04 CST ×" in chips


def offered(model_admin):
    """Fields and parameters by which its list may be narrowed down."""
    names = [one[0] if isinstance(one, tuple) else one for one in model_admin.list_filter]
    return {*model_admin.linked_fields, *(getattr(one, "parameter_name", one) for one in names)}


admin.autodiscover()
LOOKED_AT = {
    model._meta.label: model_admin
    for model, model_admin in admin.site._registry.items()
    if isinstance(model_admin, LookOnlyAdmin)
}


@pytest.mark.parametrize("label", sorted(LOOKED_AT))
def test_no_list_is_filtered_by_what_it_does_not_offer(admin_client, label):
    model_admin = LOOKED_AT[label]
    model = model_admin.model
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for field in model._meta.concrete_fields:
        if not {field.name, field.attname} & offered(model_admin):
            assert admin_client.get(address, {f"{field.name}__isnull": "0"}).status_code == 400, (
                field
            )


@pytest.mark.parametrize(
    ("address", "lookup"),
    [
        ("/admin/mfa/authenticator/", "data__secret__startswith"),
        ("/admin/roadmaps/modelcall/", "answer__icontains"),
        ("/admin/roadmaps/roadmap/", "owner__password__startswith"),
        ("/admin/roadmaps/roadmap/", "background__icontains"),
        ("/admin/auth/user/", "password__startswith"),
        ("/admin/account/emailaddress/", "user__password__startswith"),
    ],
)
def test_secrets_are_not_told_letter_by_letter(admin_client, admin_user, address, lookup):
    Authenticator.objects.create(user=admin_user, type="totp", data={"secret": "abc"})
    assert admin_client.get(address, {lookup: "a"}).status_code == 400


def test_what_links_of_other_pages_ask_for_is_allowed(admin_client):
    since = (timezone.now() - timedelta(days=1)).isoformat(timespec="minutes")
    for address, parameters in (
        (REVIEWS, {"status__exact": "APPROVED", "decided_at__gte": since}),
        (ROADMAPS, {"status__in": "QUEUED,RUNNING"}),
        ("/admin/roadmaps/modelcall/", {"created_at__gte": since}),
    ):
        assert admin_client.get(address, parameters).status_code == 200


def test_lists_of_who_may_only_look_have_chips_too(client):
    client.force_login(courses.person("looker", "view_roadmap", staff=True))
    assert "Remove filter Level: Beginner ×" in chips_of(
        client, ROADMAPS + "?level__exact=beginner"
    )
