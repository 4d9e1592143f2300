"""Filters of admin lists: what is active can be seen and removed, and no list tells a secret."""

import html
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from tests import courses
from tests.admin.test_admin_lists import MAKE

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


admin.autodiscover()
REGISTERED = {model._meta.label: model for model in admin.site._registry}
LOOKUPS = ("startswith", "regex", "gte", "lt", "isnull", "exact", "in")
# What nobody reads, by whatever way: not as a column, a filter, a search or an order either.
SECRETS = {
    "auth.User": {"password"},
    "mfa.Authenticator": {"data"},
    "sharing.Share": {"token"},
    "roadmaps.ModelCall": {"prompt", "answer"},
    "content.Export": {"file"},
}


def paths_of(model):
    """Every field of the model, and every field of what it refers to or is referred to by."""
    for field in model._meta.get_fields():
        if field.concrete:
            yield field.name
            yield field.attname
        for other in field.related_model._meta.concrete_fields if field.related_model else ():
            yield f"{field.name}__{other.name}"


def offered(client, address):
    """Parameters that the filters of the list take for their own, and those of links to it."""
    changelist = client.get(address).context["cl"]
    taken = {name for spec in changelist.filter_specs for name in spec.expected_parameters()}
    # Of filters that have nothing to choose from yet, too.
    for spec in changelist.list_filter:
        name = spec[0] if isinstance(spec, tuple) else spec
        if isinstance(name, str):
            taken.add(f"{name}__exact")
    return taken | set(changelist.model_admin.linked_lookups)


@pytest.mark.parametrize("label", sorted(REGISTERED))
def test_no_list_is_filtered_by_what_it_does_not_offer(admin_client, label):
    """Otherwise the number of rows tells a secret letter by letter."""
    model = REGISTERED[label]
    MAKE[label](1)
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    own = offered(admin_client, address)
    paths = sorted(set(paths_of(model)))
    assert paths
    for number, path in enumerate(paths):
        lookup = LOOKUPS[number % len(LOOKUPS)]
        for parameter in {path, f"{path}__startswith", f"{path}__{lookup}"} - own:
            answer = admin_client.get(address, {parameter: "1"})
            refused = answer.status_code == 400
            assert refused or answer.headers.get("Location", "").endswith("?e=1"), parameter


@pytest.mark.parametrize("label", sorted(REGISTERED))
def test_no_list_shows_searches_or_sorts_by_a_secret(admin_client, label):
    model = REGISTERED[label]
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    answer = admin_client.get(address)
    changelist, model_admin = answer.context["cl"], answer.context["cl"].model_admin
    names = {
        *changelist.list_display,
        *(str(changelist.get_ordering_field(column)) for column in changelist.list_display),
        *model_admin.get_search_fields(answer.wsgi_request),
        *model_admin.get_autocomplete_fields(answer.wsgi_request),
        *(str(row[0] if isinstance(row, tuple) else row) for row in changelist.list_filter),
        *([model_admin.date_hierarchy] if model_admin.date_hierarchy else []),
    }
    parts = {part for name in names for part in name.strip("^=@-").split("__")}
    assert not parts & {name for secrets in SECRETS.values() for name in secrets}


MARK = "dont-tell-anybody"
VALUES = {
    "data": {"secret": MARK},
    "prompt": [MARK],
    "answer": {"text": MARK},
    "file": MARK.encode(),
}


@pytest.mark.parametrize(
    ("label", "name"), sorted((label, name) for label, names in SECRETS.items() for name in names)
)
def test_no_page_of_who_may_only_look_shows_a_secret(client, viewer, label, name):
    model = REGISTERED[label]
    row = MAKE[label](1)
    model._default_manager.filter(pk=row.pk).update(**{name: VALUES.get(name, MARK)})
    client.force_login(viewer)
    prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for address in (
        reverse(f"{prefix}_changelist"),
        reverse(f"{prefix}_changelist") + f"?_popup=1&_to_field={model._meta.pk.name}",
        reverse(f"{prefix}_change", args=[row.pk]),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert MARK not in answer.content.decode()
    assert client.get(reverse(f"{prefix}_changelist"), {"_to_field": name}).status_code == 400


def test_no_member_of_the_staff_is_led_to_the_page_of_any_row(admin_client, viewer):
    """The address of a shared course is its key."""
    share = MAKE["sharing.Share"](1)
    kind = ContentType.objects.get_for_model(share)
    address = reverse("admin:view_on_site", args=[kind.pk, share.pk])
    assert admin_client.get(address).status_code == 404
    page = admin_client.get(reverse("admin:sharing_share_change", args=[share.pk]))
    assert not page.context["has_absolute_url"]


@pytest.mark.parametrize("label", sorted(REGISTERED))
def test_choices_of_a_field_are_told_to_who_may_see_them(client, label):
    """The address that completes what somebody types, for each field that refers to a row."""
    client.force_login(courses.person("guest", staff=True))
    for field in REGISTERED[label]._meta.fields:
        if field.remote_field:
            query = {"app_label": label.split(".")[0], "model_name": label.split(".")[1].lower()}
            answer = client.get(
                reverse("admin:autocomplete"), query | {"field_name": field.name, "term": "a"}
            )
            assert answer.status_code in (403, 404), field


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
