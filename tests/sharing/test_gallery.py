"""The gallery: by its owners' wish, found by words and language, and looked after by the staff."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from content.exports import rows
from sharing import gallery, services
from sharing.gallery import PAGE_SIZE
from sharing.models import Share
from tests import courses
from tests.content import samples

pytestmark = pytest.mark.django_db(transaction=True)
GALLERY = "/gallery/"


def shared(owner, title, language="en", listed=True, concepts=1):
    roadmap = rows.create(samples.course(concepts, "Short.", language, title), owner=owner)
    share = services.open_link(roadmap)
    if listed:
        services.enter_gallery(roadmap)
    share.refresh_from_db()
    return share


def found(client, **query):
    return [share.roadmap.title for share in client.get(GALLERY, query).context["shares"]]


def test_only_what_was_listed_is_there_most_used_first(client, owner):
    shared(owner, "Knots for sailors")
    used = shared(owner, "Baking bread")
    shared(owner, "Kept to friends", listed=False)
    services.copy_course(used, to=courses.person("learner"))
    assert found(client) == ["Baking bread", "Knots for sailors"]
    assert "used once" in client.get(GALLERY).content.decode()


def test_words_and_language_find_a_course(client, owner):
    shared(owner, "Knots for sailors")
    shared(owner, "徒步者的天气图", "zh-Hans")
    assert found(client, q="sailors KNOTS") == ["Knots for sailors"]
    assert found(client, q="天气") == ["徒步者的天气图"]
    assert found(client, q="isobars", language="zh-Hans") == ["徒步者的天气图"]  # a concept's title
    assert found(client, q="submarines") == []
    assert found(client, q="hike in any weather") == []  # the owner's goal is not searched
    assert "No course fits" in client.get(GALLERY, {"q": "submarines"}).content.decode()


@pytest.mark.parametrize("search", ['"', "a & | !", "%", "x" * 5000, "(' OR 1=1 --"])
def test_no_search_breaks_the_page(client, owner, search):
    shared(owner, "Knots for sailors")
    assert (
        client.get(GALLERY, {"q": search, "page": "no", "language": "no-language"}).status_code
        == 200
    )


def test_pages_lead_on_and_keep_the_search(client, owner):
    for number in range(PAGE_SIZE + 1):
        shared(owner, f"Knots {number}")
    first = client.get(GALLERY, {"q": "knots"})
    assert len(first.context["page"]) == PAGE_SIZE
    assert "?q=knots&amp;language=&amp;page=2" in first.content.decode()
    assert len(client.get(GALLERY, {"q": "knots", "page": 2}).context["page"]) == 1


def test_it_costs_the_same_queries_whatever_is_in_it(client, owner):
    shared(owner, "One")
    counts = []
    for number in (0, 5):
        for at in range(number):
            shared(owner, f"More {at}", concepts=5)
        with CaptureQueriesContext(connection) as counted:
            client.get(GALLERY)
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_owners_come_and_go_by_the_buttons(client, owner):
    share = shared(owner, "Knots for sailors", listed=False)
    edit = reverse("share_edit", args=[share.roadmap_id])
    client.force_login(owner)
    assert "is in the gallery" in client.post(edit, {"act": "list"}, follow=True).content.decode()
    assert found(client) == ["Knots for sailors"]
    assert "enters it once" in client.post(edit, {"act": "list"}, follow=True).content.decode()
    client.post(edit, {"act": "unlist"})
    assert found(client) == []
    assert (
        "not in the gallery" in client.post(edit, {"act": "unlist"}, follow=True).content.decode()
    )
    client.post(edit, {"act": "list"})
    client.post(edit, {"act": "revoke"})
    assert found(client) == []


def test_staff_take_a_course_out_and_its_owner_cannot_put_it_back(client, owner):
    share = shared(owner, "Knots for sailors")
    other = shared(owner, "Kept to friends", listed=False)
    changelist = reverse("admin:sharing_share_changelist")
    chosen = {"action": "take_out_selected", "_selected_action": [share.pk, other.pk]}
    client.force_login(courses.person("viewer", "view_share", staff=True))
    client.post(changelist, chosen)
    assert found(client) == ["Knots for sailors"]
    client.force_login(courses.person("moderator", "view_share", "change_share", staff=True))
    page = client.post(changelist, chosen, follow=True).content.decode()
    assert "1 taken out of the gallery." in page
    assert "“Kept to friends” is not in the gallery." in page
    assert LogEntry.objects.filter(object_id=share.pk).count() == 1
    assert found(client) == []
    edit = reverse("share_edit", args=[share.roadmap_id])
    client.force_login(owner)
    assert "staff have taken" in client.post(edit, {"act": "list"}, follow=True).content.decode()
    assert client.get(share.get_absolute_url()).status_code == 200  # the link is still its owner's
    services.let_in_again(share)
    client.post(edit, {"act": "list"})
    assert found(client) == ["Knots for sailors"]


def test_the_database_lists_nothing_without_a_link(owner):
    share = shared(owner, "Knots for sailors", listed=False)
    with pytest.raises(IntegrityError):
        Share.objects.filter(pk=share.pk).update(token=None, listed_at=Now())


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("knot", True),  # the beginning of a word
        ("KNOTS, sailors!", True),
        ("node.js", True),
        ("js", True),
        ("“bowline”", True),
        ("天气", True),
        ("天气图", True),
        ("图", True),
        ("ขนมปัง", True),
        ("气天", False),
        ("nots", False),  # the middle of a word
        ("kn", False),  # too short a beginning
        ("knots zeppelins", False),
        ("' & | :*", False),
    ],
)
def test_words_are_found_by_their_beginnings_in_any_script(client, owner, text, is_found):
    shared(owner, "Knots for sailors: “Bowline” in node.js 徒步者的天气图 เรียนทำขนมปัง")
    assert bool(found(client, q=text)) is is_found


def test_what_is_beyond_the_last_page_is_found_by_a_search(client, owner, monkeypatch):
    monkeypatch.setattr(gallery, "COURSES_MAX", 1)
    shared(owner, "Knots for sailors")
    shared(owner, "Baking bread")
    page = client.get(GALLERY).content.decode()
    assert found(client) == ["Baking bread"]
    assert "There are more courses than these" in page
    assert found(client, q="knots") == ["Knots for sailors"]
    assert "There are more" not in client.get(GALLERY, {"q": "knots"}).content.decode()


def test_languages_of_listed_courses_are_offered(client, owner):
    shared(owner, "Knots for sailors", "fr")
    shared(owner, "Kept to friends", "de", listed=False)
    assert client.get(GALLERY).context["languages"] == ["fr"]


def test_courses_that_were_listed_before_are_found_by_words_and_language(client, owner):
    share = shared(owner, "徒步者的天气图", "zh-Hans")
    Share.objects.filter(pk=share.pk).update(words="徒步者的天气图\nKnots.", language="")
    assert not found(client, q="天气")
    import_module("sharing.migrations.0002_gallery_search").fill(apps, None)
    assert found(client, q="天气 knots", language="zh-Hans") == ["徒步者的天气图"]
