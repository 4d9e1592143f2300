"""Everything that a kind of artifact needs beside its row in KINDS; each test names what is missing."""

import io
import json
import re
import uuid
import zipfile
from html import escape
from importlib.resources import files
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from content.artifacts import jobs, prompts, writing
from content.artifacts.kinds import KINDS, counts, kind_of
from content.artifacts.rewrites import retry_artifact
from content.exports import FORMATS, document, pdf, rows
from content.models import Artifact, ArtifactStatus
from roadmaps import sentences
from roadmaps.llm.author.chat_model import answer as answer_of_the_author
from roadmaps.models import Concept, Roadmap
from roadmaps.request import estimates
from roadmaps.workflow import steps
from sharing import services as sharing
from tests import courses

pytestmark = pytest.mark.django_db
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
ROOT = Path(__file__).parent.parent.parent
SHOWN_LEAST = 12  # characters of a line of an answer that a page is searched for


@pytest.fixture
def owner():
    return courses.person("owner")


@pytest.fixture
def concept(owner):
    """Of an imported course in which nothing is written yet."""
    part = document.Concept(
        id="c1",
        title="Reading isobars",
        summary="The lines on a weather map and the wind between them.",
        minutes=90,
        difficulty="beginner",
        keywords=["isobar"],
        outcomes=["You can tell where the wind is strong."],
    )
    course = document.Course(
        title="Weather maps",
        request=document.Request(goal="Plan a hike in any weather"),
        stages=[
            document.Stage(
                title="Foundations", modules=[document.Module(title="Pressure", concepts=[part])]
            )
        ],
    )
    return rows.create(course, owner=owner).concepts.get()


def author_answer(kind, concept):
    return kind.schema.model_validate(answer_of_the_author(kind.answer, jobs.payload(concept)))


def artifact_of(kind, concept):
    return kind.model.objects.get(concept=concept)


def write(kind, concept):
    job = jobs.job_of(kind, artifact_of(kind, concept))
    writing.save(jobs.Result(job, author_answer(kind, concept), model="test"))
    writing.settle(concept.roadmap)


def lines_of(value):
    """Lines of text in an answer that are long enough to be told from others."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return {line for part in value for line in lines_of(part)}
    lines = {line.strip() for line in str(value).splitlines()}
    return {line for line in lines if len(line) >= SHOWN_LEAST}


def shows(text, kind, concept, before=""):
    """Whether `text` has a line of the kind's answer that `before` had not."""
    lines = lines_of(author_answer(kind, concept).model_dump(mode="json"))
    return any(
        any(form in text and form not in before for form in (line, escape(line))) for line in lines
    )


def test_every_kind_has_a_model_and_every_model_a_kind():
    assert {kind.model for kind in KINDS.values()} == set(Artifact.__subclasses__())
    assert [kind_of(kind.model()) for kind in KINDS.values()] == list(KINDS.values())


@every_kind
def test_every_kind_has_a_relation_from_a_concept(kind):
    field = Concept._meta.get_field(kind.relation)
    assert (field.related_model, field.one_to_one) == (kind.model, True)


@every_kind
def test_every_kind_holds_either_a_text_or_items(kind):
    assert bool(kind.text) != bool(kind.items)
    if kind.text:
        kind.model(title="A title", summary="A summary", **{kind.text: "# Text"}).clean_fields(
            exclude=["concept"]
        )
    else:
        assert kind.model._meta.get_field(kind.items).one_to_many


@every_kind
def test_every_kind_has_a_prompt(kind):
    instructions, material = prompts.messages(kind.name, {"concept": {}})
    assert len(instructions.content) > 100
    assert material.content == '{"concept":{}}'


def test_every_prompt_is_of_a_kind():
    names = {path.name for path in files(prompts).iterdir() if path.name.endswith(".md")}
    assert names == {f"{name}.md" for name in KINDS}


def test_every_kind_is_a_role_of_a_model_beside_the_steps():
    assert sorted(settings.LLM_ROLES) == sorted([*steps.SECONDS, *KINDS])


@every_kind
def test_every_kind_has_a_usual_time_of_a_call(kind):
    assert estimates.CONTENT[kind.name] == kind.usual_seconds > 0
    assert estimates.TOKENS[kind.name] == kind.usual_tokens > (0, 0)


@every_kind
def test_every_kind_has_a_task_of_its_queue_with_a_line_for_the_reference(kind):
    assert current_app.amqp.router.route({}, kind.task)["queue"].name == "content_generation"
    current_app.loader.import_default_modules()
    assert f"Write the {kind.name} " in current_app.tasks[kind.task].run.__doc__


@every_kind
def test_every_kind_has_a_label_in_chinese(kind):
    with translation.override("zh-hans"):
        assert sentences.in_words(kind.label) != kind.label


@every_kind
def test_every_kind_is_filled_with_the_answer_of_the_built_in_author(kind, concept):
    assert not kind.has_content(artifact_of(kind, concept))
    write(kind, concept)
    assert kind.has_content(artifact_of(kind, concept))
    assert artifact_of(kind, concept).status == ArtifactStatus.READY


def test_every_kind_is_missing_once_and_counted(concept):
    assert sorted(job.kind.name for job in jobs.missing_jobs(concept.roadmap)) == sorted(KINDS)
    assert counts(concept.roadmap)["TOTAL"] == len(KINDS)
    for kind in KINDS.values():
        assert Roadmap.objects.get(pk=concept.roadmap_id).status == "PARTIAL"
        write(kind, concept)
    assert Roadmap.objects.get(pk=concept.roadmap_id).status == "READY"


@every_kind
def test_every_kind_can_be_written_anew_by_its_button(client, concept, owner, kind, monkeypatch):
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: sent.append(name))
    for other in KINDS.values():
        write(other, concept)
    courses.reviewed(concept.roadmap)
    client.force_login(owner)
    address = reverse("artifact_retry", args=[concept.roadmap_id, concept.slug, kind.name])
    assert address in client.get(concept.get_absolute_url()).content.decode()
    retry_artifact(concept, kind.name, by=owner)
    assert artifact_of(kind, concept).status == ArtifactStatus.PENDING


@every_kind
def test_every_kind_is_on_the_page_of_its_concept(client, concept, owner, kind):
    client.force_login(owner)
    before = client.get(concept.get_absolute_url()).content.decode()
    assert f'<section id="{kind.name}"' in before
    write(kind, concept)
    after = client.get(concept.get_absolute_url()).content.decode()
    assert shows(after, kind, concept, before)


def test_every_kind_has_its_own_sentence_until_it_is_written(client, concept, owner):
    client.force_login(owner)
    missing = set()
    for kind in KINDS.values():
        page = client.get(concept.get_absolute_url()).content.decode()
        section = page.partition(f'<section id="{kind.name}"')[2].partition("</section>")[0]
        missing.add(section.partition('<p class="note">')[2].partition("</p>")[0].strip())
    assert len(missing) == len(KINDS)
    assert all("not written yet" in text for text in missing)


@every_kind
def test_every_kind_is_on_the_shared_page(client, concept, kind):
    for other in KINDS.values():
        write(other, concept)
    share = sharing.open_link(Roadmap.objects.get(pk=concept.roadmap_id))
    page = client.get(reverse("shared_concept", args=[share.token, concept.slug]))
    assert shows(page.content.decode(), kind, concept)


@every_kind
def test_no_kind_tells_readers_of_a_link_why_it_failed(client, concept, kind):
    kind.model.objects.update(status=ArtifactStatus.FAILED, error="The model answered 500")
    share = sharing.open_link(concept.roadmap)
    page = client.get(reverse("shared_concept", args=[share.token, concept.slug]))
    assert page.status_code == 200
    assert "The model answered 500" not in page.content.decode()


@every_kind
def test_every_kind_has_a_page_in_the_admin_that_shows_it(admin_client, concept, kind):
    artifact = artifact_of(kind, concept)
    name = f"admin:content_{kind.model._meta.model_name}_change"
    before = admin_client.get(reverse(name, args=[artifact.pk])).content.decode()
    write(kind, concept)
    after = admin_client.get(reverse(name, args=[artifact.pk])).content.decode()
    assert shows(after, kind, concept, before)


@every_kind
def test_every_kind_is_in_the_menu_and_among_the_failures(client, kind):
    name = kind.model._meta.model_name
    client.force_login(courses.person("operator", f"view_{name}", staff=True))
    menu = client.get(reverse("admin:index")).content.decode()
    assert reverse(f"admin:content_{name}_changelist") in menu
    assert kind.plural in menu
    assert f">{kind.icon}<" in re.sub(r"\s", "", menu)
    assert reverse("failures") in menu
    assert f'id="{kind.name}"' in client.get(reverse("failures")).content.decode()


def test_the_guide_names_permissions_that_there_are():
    guide = (ROOT / "docs/reviewing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(change_\w+)`", guide))
    kinds = {kind.change_permission.partition(".")[2] for kind in KINDS.values()}
    assert "change_roadmap" in named
    assert named - {"change_roadmap"} <= kinds


@every_kind
def test_every_kind_is_in_an_export_and_comes_back(concept, owner, kind):
    write(kind, concept)
    course = rows.load(concept.roadmap)
    assert shows(json.dumps(course.model_dump(mode="json"), ensure_ascii=False), kind, concept)
    copy = rows.create(course, owner=owner).concepts.get()
    for other in KINDS.values():
        artifact = artifact_of(other, copy)
        assert other.has_content(artifact) == (other is kind), other.name
        assert (artifact.status == ArtifactStatus.READY) == (other is kind), other.name


@every_kind
@pytest.mark.parametrize("name", ["epub", "html", "markdown", "scorm"])
def test_every_kind_is_in_the_formats_that_hold_the_text(concept, kind, name):
    before = text_of(name, rows.load(concept.roadmap))
    write(kind, concept)
    after = text_of(name, rows.load(concept.roadmap))
    assert shows(after, kind, concept, before)


def text_of(name, course):
    data = FORMATS[name].write(course.model_copy(update={"id": uuid.UUID(int=5)}))
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(part).decode() for part in archive.namelist())


def test_every_kind_is_in_the_pdf(concept):
    for kind in KINDS.values():
        before = json.dumps(pdf.course_of(rows.load(concept.roadmap)), ensure_ascii=False)
        write(kind, concept)
        after = json.dumps(pdf.course_of(rows.load(concept.roadmap)), ensure_ascii=False)
        assert shows(after, kind, concept, before), kind.name
