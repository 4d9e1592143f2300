"""A course from a file: the same as it was, or refused with a sentence."""

import json
from itertools import count
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from content.artifacts.schemas import QuestionAnswer, QuizAnswer, ResourcesAnswer, TutorialAnswer
from content.exports import FORMATS, rows
from content.exports.imported import Concept, Question
from content.exports.imports import import_course, read_course
from roadmaps.models import ModelCall, Roadmap
from roadmaps.plan.rules import CONCEPTS_MOST
from roadmaps.request.estimates import SIZES
from tests import courses
from tests.content import samples

pytestmark = pytest.mark.django_db(transaction=True)


QUIZ = [{"text": "?", "options": ["a", "b"], "correct_indexes": [0]}]
RESOURCES = [{"title": "x", "url": "https://example.org/"}]


def upload(browser, data):
    return browser.post(
        reverse("roadmap_import"), {"file": SimpleUploadedFile("course.json", data)}
    )


def changed(**changes):
    """A course's JSON where one part is something else: changed(title=…), changed(concept={…})."""
    course = json.loads(FORMATS["json"].write(samples.course()))
    course["stages"][0]["modules"][0]["concepts"][0] |= changes.pop("concept", {})
    return json.dumps(course | changes).encode()


def test_a_course_comes_back_whole_and_as_ones_own(browser, owner):
    original = courses.written(courses.person("other"))
    exported = FORMATS["json"].write(rows.load(original))
    calls = ModelCall.objects.count()
    answer = upload(browser, exported)
    imported = Roadmap.objects.get(owner=owner)
    assert answer.url == imported.get_absolute_url()
    assert imported.status == "READY"
    assert ModelCall.objects.count() == calls
    forgotten = {"id", "checked"}
    assert rows.load(imported).model_dump(exclude=forgotten) == rows.load(original).model_dump(
        exclude=forgotten
    )
    assert rows.load(imported).checked is None  # the approval was of the other
    assert browser.get(answer.url).status_code == 200
    assert browser.get(imported.concepts.first().get_absolute_url()).status_code == 200


def test_a_course_without_all_its_content_is_ready_in_parts(owner):
    made = import_course(read_course(changed(concept={"tutorial": ""})), owner=owner)
    assert made.status == "PARTIAL"


def test_concepts_of_the_same_title_have_addresses_of_their_own(owner):
    course = samples.course(3)
    for concept in course.concepts():
        concept.title = "The same"
    made = import_course(course, owner=owner)
    assert made.concepts.values("slug").distinct().count() == 3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The submitted file is empty"),
        (b"\x00\xff", "The file is not JSON"),
        (b"[" * 100_000, "The file is not JSON"),
        (b"[1]", "Input should be"),
        (changed(version=2), "version: Input should be 1"),
        (changed(title=""), "title: String should have at least 1 character"),
        (changed(title="x" * 201), "title: String should have at most 200 characters"),
        (changed(stages=[]), "stages: List should have at least 1 item"),
        (
            changed(concept={"minutes": "90"}),
            "stages → 1 → modules → 1 → concepts → 1 → minutes: Input should be",
        ),
        (changed(concept={"minutes": 10**30}), "minutes: "),
        (
            changed(concept={"tutorial": "x" * 40_001}),
            "tutorial: String should have at most 40000 characters",
        ),
        (changed(concept={"quiz": QUIZ * 13}), "quiz: List should have at most 12 items"),
        (
            changed(concept={"quiz": [QUIZ[0] | {"options": ["a"] * 7}]}),
            "options: List should have at most 6 items",
        ),
        (
            changed(concept={"resources": RESOURCES * 13}),
            "resources: List should have at most 12 items",
        ),
        (changed(concept={"prerequisites": ["c9"]}), "No concept has the id c9"),
        (changed(concept={"prerequisites": ["c3"]}), "need each other in a circle"),
        (changed(concept={"id": "c2"}), "an id of its own"),
        (
            changed(concept={"resources": [{"title": "x", "url": "javascript:alert(1)"}]}),
            "url: String should match",
        ),
        (changed(concept={"difficulty": "impossible"}), "difficulty: Input should be"),
        (changed(request={"goal": "x", "language": "klingonish"}), "give a language tag"),
        (
            changed(
                concept={"quiz": [{"text": "?", "options": ["a", "b"], "correct_indexes": [7]}]}
            ),
            "0-based positions",
        ),
    ],
)
def test_what_is_no_course_is_refused_with_a_sentence(browser, data, sentence):
    answer = upload(browser, data)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Roadmap.objects.exists()


def test_a_file_that_is_too_large_is_not_even_read(browser, settings):
    settings.IMPORT_MAX_BYTES = 1000
    answer = upload(browser, b" " * 2000)
    assert answer.status_code == 400
    assert "at most 1000" in answer.content.decode()


def test_too_many_concepts_are_refused():
    course = json.loads(FORMATS["json"].write(samples.course(1, "")))
    one = course["stages"][0]["modules"][0]["concepts"][0]

    def modules_of(*sizes):
        ids = count(1)
        for size in sizes:
            concepts = [one | {"id": f"c{next(ids)}", "prerequisites": []} for _ in range(size)]
            yield course["stages"][0]["modules"][0] | {"concepts": concepts}

    course["stages"][0]["modules"] = list(modules_of(100, 100, 41))
    with pytest.raises(ValidationError, match="at most 240 concepts, this one 241"):
        read_course(json.dumps(course).encode())
    course["stages"][0]["modules"] = list(modules_of(100, 100, 40))
    assert len(list(read_course(json.dumps(course).encode()).concepts())) == 240


def test_an_import_takes_as_much_as_models_write_and_a_plan_has():
    """What is planned and written here can be imported elsewhere."""
    answers: dict[Any, tuple[Any, str, str]] = {
        TutorialAnswer: (Concept, "tutorial", "markdown"),
        ResourcesAnswer: (Concept, "resources", "resources"),
        QuizAnswer: (Concept, "quiz", "questions"),
        QuestionAnswer: (Question, "options", "options"),
    }
    for answer, (part, field, of_answer) in answers.items():
        written = answer.model_json_schema()["properties"][of_answer]
        imported = part.model_json_schema()["properties"][field]
        for limit in ("maxLength", "maxItems"):
            assert imported.get(limit) == written.get(limit), (part, field)
    assert SIZES[1] == CONCEPTS_MOST


def test_what_is_hostile_in_a_tutorial_is_only_shown(browser, owner):
    hostile = "<script>alert(1)</script> [x](javascript:alert(2)) \x00 <img src=x onerror=alert(3)>"
    made = import_course(
        read_course(changed(concept={"tutorial": hostile, "title": "<script>alert(4)</script>"})),
        owner=owner,
    )
    page = browser.get(made.concepts.first().get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<img src=x" not in page


def test_the_signed_out_import_nothing(client):
    assert client.post(reverse("roadmap_import")).status_code == 302
    assert not Roadmap.objects.exists()
