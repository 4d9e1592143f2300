"""Every text of a concept is on each page and in each format, or named as not shown there."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.urls import reverse

from content.exports import FORMATS, rows
from content.exports.pdf import course_of
from roadmaps.models import Draft
from roadmaps.plan import shape
from sharing.services import open_link
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
NO_TEXT = {"minutes", "difficulty", "prerequisites"}
TEXTS = [field for field in shape.CONCEPT_FIELDS if field not in NO_TEXT]
FOR_STAFF = {"keywords"}  # and for programs: they say what a concept is about, as its text does


def marked(value, field):
    if isinstance(value, list):
        return [f"The {field} of it"]
    return f"The {field} of it"


def unpacked(file):
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


@pytest.fixture
def course(owner):
    roadmap = courses.written(owner)
    concept = roadmap.concepts.get(order=1)
    for field in TEXTS:
        setattr(concept, field, marked(getattr(concept, field), field))
    concept.save()
    return roadmap


def missing_in(text):
    return {field for field in TEXTS if f"The {field} of it" not in text}


def test_the_reader_and_the_shared_page_show_every_text(course, browser, client):
    concept = course.concepts.get(order=1)
    assert missing_in(browser.get(concept.get_absolute_url()).content.decode()) == FOR_STAFF
    address = reverse("shared_concept", args=[open_link(course).token, concept.slug])
    client.logout()
    assert missing_in(client.get(address).content.decode()) == FOR_STAFF


def test_the_review_shows_every_text(review, desk):
    plan = review.draft.plan
    first: Any = next(shape.concepts(plan))
    for field in TEXTS:
        first[field] = marked(first[field], field)
    Draft.objects.filter(pk=review.draft_id).update(plan=plan)
    page = desk.get(reverse("admin:roadmaps_review_change", args=[review.pk])).content.decode()
    assert missing_in(page) == set()


@pytest.mark.parametrize("name", ["epub", "html", "json", "markdown", "pdf", "scorm"])
def test_the_formats_for_readers_have_every_text(course, name):
    document = rows.load(course)
    if name == "pdf":
        text = json.dumps(course_of(document))
    elif FORMATS[name].suffix in ("zip", "epub"):
        text = unpacked(FORMATS[name].write(document))
    else:
        text = FORMATS[name].write(document).decode()
    if name == "json":
        assert missing_in(text) == set()
    else:
        assert missing_in(text) == FOR_STAFF
