"""The admin's search finds reviews, roadmaps, people and pages, for who may see each."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from roadmaps.models import Roadmap
from tests import courses
from tests.admin.test_inbox import made

pytestmark = pytest.mark.django_db


@pytest.fixture
def review():
    learner = User.objects.create_user("Wilhelmina", "mina@example.com")
    review = made(learner)
    Roadmap.objects.filter(pk=review.roadmap_id).update(
        title="Pressing flowers", goal="For my herbarium"
    )
    return review


def found(client, text):
    """Addresses of what is listed, each of which must open."""
    response = client.get(reverse("admin:search"), {"s": text, "extended": "1"})
    assert response.status_code == 200
    links = [unescape(link) for link in re.findall(r'href="([^"]*)"', response.content.decode())]
    assert [link for link in links if client.get(link).status_code != 200] == []
    return links


def of_review(review):
    return reverse("admin:roadmaps_review_change", args=[review.pk])


def of_roadmap(roadmap_id):
    return reverse("admin:roadmaps_roadmap_change", args=[roadmap_id])


def of_person(user):
    return reverse("admin:auth_user_change", args=[user.pk])


@pytest.mark.parametrize("text", ["flow press", "herbar", "wilhelm flowers", "HERBARIUM"])
def test_words_of_title_goal_and_learner_find_review_and_roadmap(admin_client, review, text):
    assert found(admin_client, text) == [of_review(review), of_roadmap(review.roadmap_id)]


def test_ids_find_what_they_are_of(admin_client, review):
    owner = review.roadmap.owner
    for key in (review.roadmap_id, review.roadmap.thread_id, review.roadmap.run_id):
        assert found(admin_client, str(key)) == [of_review(review), of_roadmap(review.roadmap_id)]
    assert of_review(review) in found(admin_client, f"#{review.pk}")
    assert of_person(owner) in found(admin_client, str(owner.pk))


@pytest.mark.parametrize("text", ["wilh", "WILHELMINA", "mina@exa", "Mina@Example.com"])
def test_people_are_found_by_name_and_address(admin_client, review, text):
    assert of_person(review.roadmap.owner) in found(admin_client, text)


def test_pages_are_found_by_their_names(admin_client):
    assert found(admin_client, "fail") == [reverse("failures")]


def test_each_sees_only_what_they_may_see(client, review):
    client.force_login(courses.reviewer())
    assert found(client, "wilhelmina") == [of_review(review), of_roadmap(review.roadmap_id)]
    assert found(client, "mina@example.com") == []
    assert found(client, "users") == []
    client.force_login(courses.person("people", "view_user", staff=True))
    assert found(client, "wilhelmina") == [of_person(review.roadmap.owner)]
    assert found(client, "flowers") == []
    client.force_login(courses.person("nobody", staff=True))
    assert found(client, "wilhelmina") == found(client, "flowers") == []


def test_a_right_that_was_taken_away_finds_nothing_more(client, review):
    staff = courses.person("staff", "view_review", staff=True)
    client.force_login(staff)
    assert found(client, "flowers")
    staff.user_permissions.clear()
    assert found(client, "flowers") == []
    staff.user_permissions.add(Permission.objects.get(codename="view_review"))
    assert found(client, "flowers")


def test_learners_and_staff_without_their_second_factor_search_nothing(client, review, settings):
    address = reverse("admin:search") + "?s=flowers"
    client.force_login(review.roadmap.owner)
    assert client.get(address).status_code == 302
    client.force_login(courses.reviewer())
    settings.REQUIRE_STAFF_MFA = True
    response = client.get(address)
    assert (response.status_code, response.url) == (302, reverse("mfa_activate_totp"))


def test_of_many_a_few_are_shown_and_a_link_to_the_others(admin_client):
    made(courses.person("many"), 9)
    links = found(admin_client, "thing")
    assert len(links) == 2 * 7
    assert links[6] == "/admin/roadmaps/review/?q=thing"


def test_what_is_in_the_trash_is_found_by_its_id_alone(admin_client, review):
    Roadmap.objects.update(deleted_at="2026-01-01T00:00:00Z")
    assert found(admin_client, "flowers") == []
    assert of_roadmap(review.roadmap_id) in found(admin_client, str(review.roadmap_id))


@pytest.mark.parametrize(
    "text", ["", " ", "%", "'", "9" * 40, "x" * 5000, "<script>alert(1)</script>"]
)
def test_whatever_is_typed_is_answered(admin_client, review, text):
    response = admin_client.get(reverse("admin:search"), {"s": text})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_a_search_asks_as_often_for_many_as_for_few(admin_client):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            admin_client.get(reverse("admin:search"), {"s": "thing"})
        return len(asked)

    made(courses.person("few"), 2)
    few = cost()
    made(courses.person("thing"), 20)
    assert cost() == few


@pytest.mark.parametrize("column", ["username", "email"])
def test_people_are_looked_up_in_an_index(column):
    rows = User.objects.filter(**{f"{column}__istartswith": "wil"})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows it would be the cheapest
        assert f"roadmaps_person_by_{column}" in rows.explain()
