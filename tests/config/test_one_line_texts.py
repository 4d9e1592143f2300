"""No text of one line holds a control character or a line break: schemas, rows and forms."""

import re
import types
import typing

import pytest
from django.apps import apps
from django.db.models import CharField
from django.urls import reverse
from pydantic import BaseModel, TypeAdapter, ValidationError

from content.artifacts import schemas as artifact_schemas
from content.exports import document
from roadmaps.models import Roadmap
from roadmaps.models.texts import are_many_lines, clean
from roadmaps.plain_text import many_lines, one_line
from roadmaps.plan import schemas as plan_schemas
from roadmaps.plan.schemas import MANY_LINES, ONE_LINE

HOSTILE = "ab\r\ncd\rEND:VEVENT\n\x01\x1b\x85\u2028ef\u2029gh\u202eij\u2066kl\x7f"
NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
NO_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# Text fields of schemas that may have several lines; every other has one.
OF_MANY_LINES = {
    "ConceptPlan.summary",
    "ModulePlan.summary",
    "StagePlan.summary",
    "Curriculum.summary",
    "Operation.summary",
    "TutorialAnswer.summary",
    "TutorialAnswer.markdown",
    "ResourceAnswer.note",
    "QuestionAnswer.text",
    "QuestionAnswer.options",
    "QuestionAnswer.explanation",
    "Resource.note",
    "Question.text",
    "Question.options",
    "Question.explanation",
    "Concept.summary",
    "Concept.tutorial",
    "Module.summary",
    "Stage.summary",
    "Request.goal",
    "Request.background",
    "Request.motivation",
}


def schemas():
    for module in (plan_schemas, artifact_schemas, document):
        for value in vars(module).values():
            is_schema = isinstance(value, type) and issubclass(value, BaseModel)
            if is_schema and value.__module__ == module.__name__:
                yield value


def texts(annotation, metadata=()):
    """The metadata of each text in an annotation, those of lists and alternatives included."""
    origin = typing.get_origin(annotation)
    if annotation is str:
        yield metadata
    elif origin is typing.Annotated:
        inner, *more = typing.get_args(annotation)
        yield from texts(inner, (*metadata, *more))
    elif origin in (list, typing.Union, types.UnionType):
        for inner in typing.get_args(annotation):
            yield from texts(inner, metadata)


TEXT_FIELDS = [
    (f"{schema.__name__}.{name}", mark)
    for schema in schemas()
    for name, field in schema.model_fields.items()
    for mark in texts(field.annotation, tuple(field.metadata))
]


@pytest.mark.parametrize(("name", "metadata"), TEXT_FIELDS, ids=[name for name, _ in TEXT_FIELDS])
def test_every_text_of_a_schema_is_cleaned_or_refused(name, metadata):
    expected = MANY_LINES if name in OF_MANY_LINES else ONE_LINE
    assert expected in metadata, f"{name} has neither ONE_LINE nor a place in OF_MANY_LINES"
    adapter = TypeAdapter(typing.Annotated[(str, *metadata)])
    try:
        text = adapter.validate_python(HOSTILE * 2)
    except ValidationError:
        return
    assert not (NO_LINES if expected is MANY_LINES else NO_LINE).search(text)


def test_the_list_of_texts_with_many_lines_names_only_what_there_is():
    assert {name for name, _ in TEXT_FIELDS} >= OF_MANY_LINES


COLUMNS = [
    (model, field.attname)
    for model in apps.get_models()
    for field in model._meta.concrete_fields
    if isinstance(field, CharField)
]


@pytest.mark.parametrize(
    ("model", "name"), COLUMNS, ids=[f"{model.__name__}.{name}" for model, name in COLUMNS]
)
def test_every_column_of_one_line_is_cleaned_before_a_row_is_written(model, name):
    row = model(**{name: HOSTILE})
    clean(row)  # the receiver of pre_save
    is_long = are_many_lines(model, name)
    assert not (NO_LINES if is_long else NO_LINE).search(getattr(row, name))
    assert "cd" in getattr(row, name)


def test_only_what_a_person_or_a_model_writes_in_lines_has_several():
    long = {f"{model.__name__}.{name}" for model, name in COLUMNS if are_many_lines(model, name)}
    assert long == {
        "Roadmap.goal",
        "Roadmap.background",
        "Roadmap.motivation",
        "Tutorial.summary",
        "Resource.note",
        "Question.text",
        "Question.explanation",
    }


@pytest.mark.django_db
def test_what_a_form_of_another_package_takes_is_one_line(admin_client):
    address = reverse("admin:auth_group_add")
    answer = admin_client.post(address, {"name": "Red\rEND:VEVENT\u2028team"})
    assert answer.status_code == 302
    assert apps.get_model("auth.Group").objects.filter(name="Red END:VEVENT team").exists()


@pytest.mark.django_db
def test_a_goal_keeps_its_lines_and_names_its_roadmap_on_one(owner):
    roadmap = Roadmap.objects.create(owner=owner, goal="Learn\r\nto bake\x1b")
    assert roadmap.goal == "Learn\nto bake"
    assert str(roadmap) == "Learn to bake"


def test_plain_text_stays_as_it_is():
    for text in ("Übung 1: C++ – «ok»", "עברית \u200f(א)", "日本語", "👩‍💻", ""):
        assert one_line(text) == many_lines(text) == text
    assert many_lines("a\tb\n\nc") == "a\tb\n\nc"
    assert one_line(" a\n") == "a"
