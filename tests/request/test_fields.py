"""The table of request fields: who adds a field says everywhere what becomes of it."""

import datetime

import pytest
from django import forms
from django.urls import reverse
from django.utils import translation

from config.reporting import scrub
from content.artifacts import jobs
from content.exports.document import Request
from logs_app.redaction import REDACTED
from roadmaps.models import Roadmap
from roadmaps.request import fields
from roadmaps.request.forms import RoadmapForm
from tests import courses

ON_A_PAGE_OF_ITS_OWN = {"clarifications"}
OF_THE_SYSTEM = {"owner", "title", "made_without_model"}
SHOWN_ELSEWHERE = {"goal", "weeks"}  # as a review's heading, and beside the hours


@pytest.fixture
def filled():
    return Roadmap(
        goal="Learn to bake bread",
        target_date=datetime.date(2031, 5, 6),
        background="Cakes",
        motivation="Breakfast",
        formats=["text"],
        clarifications=[{"question": "Rye?", "answer": "Both"}],
    )


def test_every_column_that_a_learner_fills_in_has_a_row():
    columns = {column.name for column in Roadmap._meta.concrete_fields if column.editable}
    assert columns - OF_THE_SYSTEM == set(fields.BY_NAME)


def test_every_field_of_the_form_has_a_row_and_every_row_a_field():
    assert set(RoadmapForm.base_fields) == set(fields.BY_NAME) - ON_A_PAGE_OF_ITS_OWN


def test_every_field_has_its_label_in_chinese():
    for name, field in RoadmapForm.base_fields.items():
        assert str(field.label) == str(fields.BY_NAME[name].label)
        with translation.override("zh-hans"):
            assert not str(field.label).isascii(), name


@pytest.mark.django_db(transaction=True)
def test_every_field_is_on_the_page_of_a_new_roadmap(client):
    client.force_login(courses.person("owner"))
    page = client.get(reverse("roadmap_new")).content.decode()
    for name in RoadmapForm.base_fields:
        assert f'name="{name}"' in page, name


def test_every_field_is_on_the_admins_page_of_a_roadmap():
    from roadmaps.admin.roadmaps import IN_WORDS, LEARNER, REQUEST  # once Django is set up

    on_page = {*REQUEST, *LEARNER, "goal"}
    assert on_page == {IN_WORDS.get(name, name) for name in RoadmapForm.base_fields}


def test_every_field_is_on_the_page_of_a_review(filled):
    shown = fields.facts(filled)
    for field in fields.FIELDS:
        assert (field.fact in shown) is (field.name not in SHOWN_ELSEWHERE), field.name


def test_every_field_in_the_learners_own_words_is_private():
    for name, field in RoadmapForm.base_fields.items():
        if isinstance(field.widget, forms.Textarea):
            assert name in fields.PRIVATE, name


def test_no_private_field_leaves_with_an_error():
    event = scrub({"extra": {field.name: "secret" for field in fields.FIELDS}}, {})
    assert event is not None
    kept = {name for name, value in event["extra"].items() if value != REDACTED}
    assert kept == set(fields.BY_NAME) - set(fields.PRIVATE)


def test_every_exported_field_is_in_the_exports_schema():
    assert set(Request.model_fields) == set(fields.EXPORTED)


def test_the_design_gets_every_field_as_plain_data_in_an_order_that_stays(filled):
    payload = fields.workflow_payload(filled)
    assert " ".join(payload) == (
        "goal level hours_per_week weeks language background motivation formats target_date"
        " clarifications"
    )
    assert payload["target_date"] == "2031-05-06"
    assert "clarifications" not in fields.workflow_payload(Roadmap(goal="Learn"))
    assert fields.whole_request(filled).keys() == fields.BY_NAME.keys()


@pytest.mark.django_db(transaction=True)
def test_the_content_gets_what_its_prompts_speak_of():
    concept = courses.approved(courses.person("owner")).concepts.first()
    assert concept is not None
    assert " ".join(jobs.payload(concept)["roadmap"]) == (
        "title goal level language background motivation formats"
    )
