"""Every field of a concept has all that the rest of the product says of it."""

import json
from pathlib import Path
from typing import Any

import pytest

import config.urls  # noqa: F401 - the admin finds its pages in an order of its own
from content.exports import document
from roadmaps.admin.review.edit_forms import ConceptForm
from roadmaps.models import Concept, Roadmap
from roadmaps.plan import diff, edits, pinned_minutes, shape
from roadmaps.plan.schemas import ConceptPlan, Operation
from roadmaps.runs import publishing
from tests import courses
from tests.plan.test_edits import small_plan

ROOT = Path(__file__).parents[2]
EVERY_FIELD = pytest.mark.parametrize("field", shape.CONCEPT_FIELDS)


def operation(op, target, **fields):
    return Operation(op=op, target=target, reason="A test", **fields)


def test_the_types_name_the_fields_that_a_model_answers_with():
    assert tuple(ConceptPlan.model_fields) == shape.CONCEPT_FIELDS
    assert {"id", pinned_minutes.MARK} == shape.NOT_WRITTEN
    for part in (shape.Stage, shape.Module):
        assert {"id", *shape.PART_FIELDS} < set(part.__annotations__)


@EVERY_FIELD
def test_every_concept_field_can_be_changed_by_an_operation(field):
    assert field in Operation.model_fields


@EVERY_FIELD
def test_every_concept_field_has_a_value_in_an_added_concept(field):
    plan = small_plan()
    module = next(shape.modules(plan))
    added, _ = edits.apply_one(
        plan, operation("add", module["id"], title="Salt", summary="Why salt is in bread")
    )
    concept = dict(list(shape.modules(added))[0]["concepts"][-1])
    assert concept["title"] == "Salt"
    json.dumps(concept[field])


@EVERY_FIELD
def test_every_concept_field_shows_in_the_difference_of_two_plans(field):
    before, after = small_plan(), small_plan()
    concept: Any = next(shape.concepts(after))
    concept[field] = "changed"
    changed = [row for row in diff.compare(before, after) if row.fields]
    assert [set(row.fields) for row in changed] == [{field}]


@EVERY_FIELD
def test_every_concept_field_is_in_the_form_or_named_as_not_in_it(field):
    assert (field in ConceptForm.base_fields) != (field in shape.NOT_IN_FORMS)


@EVERY_FIELD
def test_every_concept_field_is_in_the_export_and_its_description(field):
    assert field in document.Concept.model_fields
    assert f'"{field}":' in (ROOT / "docs/export-format.md").read_text(encoding="utf-8")


@EVERY_FIELD
def test_every_concept_field_is_in_the_instructions_of_the_edit(field):
    text = (ROOT / "roadmaps/workflow/prompts/edit.md").read_text(encoding="utf-8")
    assert field in text


def test_every_concept_field_has_a_column_or_a_link():
    assert set(shape.CONCEPT_FIELDS) <= {field.name for field in Concept._meta.get_fields()}


@pytest.mark.django_db(transaction=True)
def test_every_concept_field_comes_back_from_the_rows():
    roadmap = Roadmap.objects.create(owner=courses.person("owner"), goal=courses.GOAL)
    plan = small_plan()
    publishing.create(roadmap, plan)
    assert list(shape.concepts(publishing.read(roadmap))) == list(shape.concepts(plan))
    for concept in shape.concepts(plan):
        for field in shape.CONCEPT_FIELDS:
            assert field in concept


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("field", ["keywords", "outcomes"])  # whose columns have a default
def test_a_draft_that_lacks_a_field_is_edited_and_becomes_rows(field):
    """As drafts of an earlier release lack every newer field."""
    roadmap = Roadmap.objects.create(owner=courses.person("owner"), goal=courses.GOAL)
    plan = small_plan()
    concept: Any
    for concept in shape.concepts(plan):
        del concept[field]
    edited, _ = edits.apply_one(plan, operation("modify", "c3", **{field: ["Flour"]}))
    rows = publishing.create(roadmap, edited)
    assert getattr(rows["c3"], field) == ["Flour"]
    assert getattr(rows["c4"], field) == []


@pytest.mark.django_db(transaction=True)
def test_titles_that_make_one_slug_make_an_address_each():
    roadmap = Roadmap.objects.create(owner=courses.person("owner"), goal=courses.GOAL)
    plan = small_plan()
    for concept in shape.concepts(plan):
        concept["title"] = "long " * 24
    rows = publishing.create(roadmap, plan)
    slugs = {row.slug for row in rows.values()}
    assert len(slugs) == len(rows)
    assert max(map(len, slugs)) <= 100
