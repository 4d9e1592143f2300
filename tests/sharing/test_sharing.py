"""A public link: reading and nothing else, for as long as its owner wants."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from content.exports import rows
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import ModelCall, Roadmap
from roadmaps.removal.trash import move_to_trash
from sharing import services
from sharing.models import Share
from tests import courses, drawn
from tests.content import samples

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner():
    user = courses.person("annegret")
    user.email = "owner@example.org"
    user.save()
    return user


@pytest.fixture
def roadmap(owner):
    course = samples.course()
    course.request.background = "I was ill for a year"
    return rows.create(course, owner=owner)


@pytest.fixture
def share(roadmap):
    return services.open_link(roadmap)


def pages_of(share):
    concept = share.roadmap.concepts.first()
    names = ("shared_course", "shared_picture")
    addresses = [reverse(name, args=[share.token]) for name in names]
    return [*addresses, reverse("shared_concept", args=[share.token, concept.slug])]


def edit(roadmap):
    return reverse("share_edit", args=[roadmap.pk])


def queries(client, address):
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


def test_anybody_with_the_link_reads_and_sees_nothing_else(client, share):
    for address in pages_of(share):
        answer = client.get(address)
        page = answer.content.decode()
        assert answer.status_code == 200, address
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert 'name="robots" content="noindex' in page
        for secret in (
            "owner@example.org",
            "I was ill",
            "Plan a hike",
            "Doing shows knowledge",
            share.roadmap.owner.username,
        ):
            assert secret not in page, (address, secret)
    concept = client.get(pages_of(share)[2]).content.decode()
    assert "Which is the best sign?" in concept
    assert "Doing it on a new example" in concept
    assert '<form method="post" class="quiz"' not in concept
    assert "&lt;b&gt;raw&lt;/b&gt;" in concept


def test_nothing_is_changed_by_who_only_reads(client, share):
    for address in pages_of(share):
        assert client.post(address).status_code == 405


def test_a_revoked_link_opens_nothing_and_neither_does_the_one_before_a_new_one(
    browser, client, share
):
    browser.post(edit(share.roadmap), {"act": "renew"})
    for address in pages_of(share):
        assert client.get(address).status_code == 404
    renewed = Share.objects.get()
    assert client.get(renewed.get_absolute_url()).status_code == 200
    assert (
        "revoked"
        in browser.post(edit(share.roadmap), {"act": "revoke"}, follow=True).content.decode()
    )
    assert client.get(renewed.get_absolute_url()).status_code == 404
    assert (
        "no link to revoke"
        in browser.post(edit(share.roadmap), {"act": "revoke"}, follow=True).content.decode()
    )


def test_the_link_of_a_course_in_the_trash_opens_nothing(client, share, owner):
    move_to_trash(share.roadmap, by=owner)
    for address in pages_of(share):
        assert client.get(address).status_code == 404


def test_guesses_and_links_of_those_who_left_open_nothing(client, share, owner):
    assert client.get("/s/None/").status_code == 404
    assert client.get(f"/s/{share.token[:-1]}/").status_code == 404
    assert client.get(reverse("shared_concept", args=[share.token, "no-such"])).status_code == 404
    owner.is_active = False
    owner.save()
    assert client.get(share.get_absolute_url()).status_code == 404


def test_only_the_owner_shares_and_only_what_can_be_read(client, roadmap, owner):
    assert client.get(edit(roadmap)).status_code == 302
    for other in (courses.person("stranger"), courses.person("viewer", "view_roadmap", staff=True)):
        client.force_login(other)
        assert client.get(edit(roadmap)).status_code == 404
        assert client.post(edit(roadmap), {"act": "open"}).status_code == 404
    client.force_login(owner)
    assert client.post(edit(roadmap), {"act": "give away"}).status_code == 404
    unready = courses.requested(owner)
    assert (
        "when it is ready"
        in client.post(edit(unready), {"act": "open"}, follow=True).content.decode()
    )
    assert not Share.objects.exists()
    client.post(edit(roadmap), {"act": "open"})
    share = Share.objects.get()
    assert share.token
    assert len(share.token) >= 32
    assert share.get_absolute_url() in client.get(edit(roadmap)).content.decode()


def test_who_signs_in_comes_back_to_the_copy(client, share):
    use = reverse("shared_use", args=[share.token])
    answer = client.get(use)
    assert answer.url == f"{reverse('account_login')}?next={use}"
    courses.person("learner")
    answer = client.post(answer.url, {"login": "learner", "password": "learner"})
    assert answer.url == use
    assert "Copy it to my roadmaps" in client.get(use).content.decode()
    assert Roadmap.objects.count() == 1  # asking is not copying


def test_a_copy_is_whole_and_of_its_new_owner_and_asks_no_model(client, share):
    learner = courses.person("learner")
    client.force_login(learner)
    answer = client.post(reverse("shared_use", args=[share.token]))
    copy = Roadmap.objects.get(owner=learner)
    assert answer.url == copy.get_absolute_url()
    assert copy.status == "READY"
    assert rows.load(copy).stages == rows.load(share.roadmap).stages
    assert (copy.background, copy.goal) == ("", "Weather maps & hikers")
    assert not ModelCall.objects.exists()
    share.refresh_from_db()
    assert share.uses == 1


def test_ones_own_course_is_not_copied(browser, share):
    answer = browser.post(reverse("shared_use", args=[share.token]))
    assert answer.url == share.roadmap.get_absolute_url()
    assert Roadmap.objects.count() == 1


def test_a_link_revoked_before_the_click_makes_no_copy(client, share):
    services.revoke_link(share.roadmap)
    with pytest.raises(InvalidTransition):
        services.copy_course(share, to=courses.person("learner"))
    assert Roadmap.objects.count() == 1


def test_pages_and_copies_cost_the_same_queries_for_a_large_course(client, owner):
    counts = []
    for concepts in (2, 40):
        share = services.open_link(rows.create(samples.course(concepts, "Short."), owner=owner))
        learner = courses.person(f"learner{concepts}")
        with CaptureQueriesContext(connection) as copying:
            services.copy_course(share, to=learner)
        counts.append((len(copying), *(queries(client, address) for address in pages_of(share))))
    assert counts[0] == counts[1]


def test_the_picture_shows_every_concept_to_its_owner_and_to_no_stranger(browser, roadmap):
    address = reverse("roadmap_picture", args=[roadmap.pk])
    page = browser.get(address).content.decode()
    assert page.count('class="concept"') == 3
    unplanned = courses.requested(roadmap.owner)
    assert browser.get(reverse("roadmap_picture", args=[unplanned.pk])).status_code == 404
    browser.force_login(courses.person("stranger"))
    assert browser.get(address).status_code == 404


def test_a_stranger_reads_the_tutorial_as_its_owner_does(client, share):
    tutorial = share.roadmap.concepts.first().tutorial
    diagram = "\n\n```mermaid\nflowchart LR\n  a --> b\n```\n"
    drawn.rewrite(tutorial, tutorial.markdown + diagram)
    page = client.get(pages_of(share)[2]).content.decode()
    for shared in (
        "cairn/tutorial.css",
        "cairn/tutorial.js",
        f'data-frame="{reverse("diagram")}"',
        "Afterwards you can",
    ):
        assert shared in page, shared
    assert '<div class="table"><table>' in page
    assert client.get(reverse("diagram")).status_code == 200


def test_why_a_part_is_missing_is_its_owners_to_know(client, share):
    tutorial = share.roadmap.concepts.first().tutorial
    tutorial.markdown, tutorial.status, tutorial.status_reason = (
        "",
        "FAILED",
        "The provider refused the key.",
    )
    tutorial.save()
    page = client.get(pages_of(share)[2]).content.decode()
    assert "The tutorial is not written yet." in page
    assert "refused the key" not in page
