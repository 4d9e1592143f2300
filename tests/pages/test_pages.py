"""The learner's pages, as a browser asks for them."""

import io
import json
import uuid
import zipfile

import pytest
from django.urls import reverse

from content.exports import FORMATS, rows
from roadmaps.models import Roadmap
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {
    "goal": "Learn to bake sourdough bread",
    "level": "beginner",
    "hours_per_week": "3",
    "weeks": "2",
    "language": "en",
}


def addresses(roadmap):
    """Every address that shows or changes a roadmap."""
    concept = roadmap.concepts.first()
    return [
        ("get", reverse("roadmap_detail", args=[roadmap.pk])),
        ("post", reverse("roadmap_cancel", args=[roadmap.pk])),
        ("post", reverse("roadmap_retry", args=[roadmap.pk])),
        ("get", concept.get_absolute_url()),
        ("post", reverse("artifact_retry", args=[roadmap.pk, concept.slug, "quiz"])),
        ("get", reverse("roadmap_export", args=[roadmap.pk, "markdown"])),
        ("get", reverse("roadmap_export", args=[roadmap.pk, "json"])),
    ]


def test_strangers_get_404_and_the_signed_out_the_door_on_every_address(client, owner):
    roadmap = courses.written(owner)
    for method, address in addresses(roadmap):
        answer = getattr(client, method)(address)
        assert answer.status_code == 302, address
        assert answer.url.startswith(reverse("account_login")), address
    client.force_login(courses.person("stranger"))
    for method, address in addresses(roadmap):
        assert getattr(client, method)(address).status_code == 404, address
    roadmap.refresh_from_db()
    assert roadmap.status == "READY"


def test_every_list_shows_only_ones_own(browser, client, owner):
    courses.requested(courses.person("other"), goal="Learn to play the viola da gamba")
    own = courses.requested(owner)
    page = browser.get(reverse("roadmap_list")).content.decode()
    assert own.goal in page
    assert "viola" not in page


def test_a_goal_is_stated_on_the_page(browser):
    answer = browser.post(reverse("roadmap_new"), FORM)
    roadmap = Roadmap.objects.get()
    assert answer.url == roadmap.get_absolute_url()
    assert "Queued" in browser.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({"goal": ""}, "State what you want to learn."),
        ({"goal": "x" * 10_000}, "at most 2000 characters"),
        ({"hours_per_week": "0"}, "greater than or equal to 1"),
        ({"hours_per_week": "200"}, "less than or equal to 80"),
        ({"target_date": "2001-01-01"}, "The date is past"),
        ({"target_date": "2999-01-01"}, "At most 104 weeks"),
        ({"language": "klingonish"}, "is no known language"),
        ({"level": "genius"}, "Select a valid choice"),
        ({"weeks": ""}, "Give weeks or a date."),
        ({"formats": ["smell"]}, "Select a valid choice"),
    ],
)
def test_bad_input_gets_its_sentence_and_makes_nothing(browser, bad, sentence):
    answer = browser.post(reverse("roadmap_new"), FORM | bad)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Roadmap.objects.exists()


def test_what_a_learner_writes_is_never_markup(browser, owner):
    roadmap = courses.requested(owner, goal="<script>alert(1)</script> and more of it")
    page = browser.get(roadmap.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_cancel_and_retry_by_the_buttons(browser, owner):
    roadmap = courses.designed(owner)
    page = browser.post(reverse("roadmap_cancel", args=[roadmap.pk]), follow=True).content.decode()
    assert "Cancelled by owner." in page
    page = browser.post(reverse("roadmap_cancel", args=[roadmap.pk]), follow=True).content.decode()
    assert "can’t become" in page or "can&#x27;t become" in page
    browser.post(reverse("roadmap_retry", args=[roadmap.pk]))
    roadmap = courses.advance(roadmap)
    assert roadmap.status == "AWAITING_REVIEW"
    assert roadmap.reviews.count() == 1
    assert browser.get(reverse("roadmap_cancel", args=[roadmap.pk])).status_code == 405


def test_a_rewrite_is_asked_for_once(browser, owner):
    roadmap = courses.written(owner)
    concept = roadmap.concepts.first()
    retry = reverse("artifact_retry", args=[roadmap.pk, concept.slug, "tutorial"])
    assert "written anew" in browser.post(retry, follow=True).content.decode()
    assert "being written already" in browser.post(retry, follow=True).content.decode()
    unknown = reverse("artifact_retry", args=[roadmap.pk, concept.slug, "poem"])
    assert browser.post(unknown).status_code == 404


def test_the_course_is_taken_along_as_markdown_and_json(browser, owner):
    roadmap = courses.written(owner)
    markdown = FORMATS["markdown"].write(rows.load(roadmap))
    names = zipfile.ZipFile(io.BytesIO(markdown)).namelist()
    assert len(names) == roadmap.concepts.count() + 1
    assert not any(name.startswith("/") or ".." in name for name in names)
    course = json.loads(browser.get(reverse("roadmap_export", args=[roadmap.pk, "json"])).content)
    concepts = [
        one
        for stage in course["stages"]
        for module in stage["modules"]
        for one in module["concepts"]
    ]
    assert len(concepts) == roadmap.concepts.count()
    assert all(one["tutorial"] and one["resources"] and one["quiz"] for one in concepts)


def test_there_is_no_other_export_and_none_before_the_plan_is_approved(browser, owner):
    roadmap = courses.designed(owner)
    answer = browser.get(reverse("roadmap_export", args=[roadmap.pk, "papyrus"]))
    assert answer.status_code == 404
    assert "no export as “papyrus”; there are pdf," in answer.content.decode()
    page = browser.get(
        reverse("roadmap_export", args=[roadmap.pk, "json"]), follow=True
    ).content.decode()
    assert "no course to export yet" in page


def test_unknown_addresses_are_a_page_and_not_a_trace(browser):
    for address in ("/nowhere/", f"/roadmaps/{uuid.uuid4()}/", "/roadmaps/not-a-uuid/"):
        answer = browser.get(address)
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()
        assert "not yours to see" in answer.content.decode()  # no class of ours or Django's


def test_the_page_says_what_was_made_without_a_model(browser, owner):
    roadmap = courses.written(owner)
    for address in (roadmap.get_absolute_url(), roadmap.concepts.first().get_absolute_url()):
        page = browser.get(address).content.decode()
        assert "Made without a model" in page
        assert "LLM_MODEL=" in page
