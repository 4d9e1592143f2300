"""What one person may keep: roadmaps, bytes of courses and of export files."""

import os

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from content.artifacts.kinds import KINDS
from content.exports import FORMATS, room, rows
from content.models import Export, ExportStatus
from roadmaps.models import Roadmap
from roadmaps.services import request_roadmap
from sharing.services import open_link
from tests import courses
from tests.content import samples

pytestmark = pytest.mark.django_db(transaction=True)
CHINESE = {"Accept-Language": "zh-hans"}
NEW = {"goal": courses.GOAL, "level": "beginner", "hours_per_week": 1, "weeks": 1, "language": "en"}


def course_of(owner, title="Baking bread", text="Short."):
    return rows.create(samples.course(2, text, title=title), owner=owner)


@pytest.fixture
def additions(owner):
    """Each way to add a roadmap: what to post where."""
    roadmap = course_of(courses.person("another"))
    file = FORMATS["json"].write(rows.load(roadmap))
    upload = SimpleUploadedFile("course.json", file, "application/json")
    return {
        "new": (reverse("roadmap_new"), NEW),
        "new, asked back": (reverse("roadmap_new"), NEW | {"ask_first": "on"}),
        "import": (reverse("roadmap_import"), {"file": upload}),
        "copy": (reverse("shared_use", args=[open_link(roadmap).token]), {}),
    }


WAYS = ["new", "new, asked back", "import", "copy"]


@pytest.mark.parametrize("way", WAYS)
def test_beyond_so_many_roadmaps_none_is_added_until_one_is_deleted(
    browser, owner, additions, settings, way
):
    settings.STORED_ROADMAPS = 2
    kept, trashed = course_of(owner), course_of(owner)
    Roadmap.objects.filter(pk=trashed.pk).update(deleted_at=timezone.now())
    address, fields = additions[way]
    refused = browser.post(address, fields, follow=True, headers=CHINESE)
    assert "请在回收站中彻底删除一些" in refused.content.decode()
    assert set(Roadmap.objects.filter(owner=owner)) == {kept, trashed}

    trashed.delete()
    if "file" in fields:
        fields["file"].seek(0)
    answer = browser.post(address, fields)
    assert answer.status_code in (200, 302)
    if way != "new, asked back":  # which goes on with a page of questions
        assert Roadmap.objects.filter(owner=owner).count() == 2


def test_services_refuse_as_pages_do(owner, settings):
    settings.STORED_ROADMAPS = 1
    course_of(owner)
    with pytest.raises(ValidationError, match="nobody may have more"):
        request_roadmap(owner=owner, goal=courses.GOAL)
    request_roadmap(owner=courses.person("other"), goal=courses.GOAL)


@pytest.mark.parametrize("way", ["import", "copy"])
def test_beyond_so_many_bytes_of_courses_none_is_added(browser, owner, additions, settings, way):
    course_of(owner)
    settings.STORED_COURSE_BYTES = room.course_bytes(owner)
    address, fields = additions[way]
    refused = browser.post(address, fields, follow=True, headers=CHINESE)
    assert "你的课程已占用" in refused.content.decode()
    assert Roadmap.objects.filter(owner=owner).count() == 1

    settings.STORED_COURSE_BYTES += 1
    if "file" in fields:
        fields["file"].seek(0)
    browser.post(address, fields)
    assert Roadmap.objects.filter(owner=owner).count() == 2


def test_the_bytes_of_a_course_are_those_of_every_kind_of_content(owner):
    """Numbers in a row of letters can't be compressed away."""
    roadmap = course_of(owner)
    for kind in KINDS.values():
        before = room.course_bytes(owner)
        concept = roadmap.concepts.first()
        artifact = getattr(concept, kind.relation)
        incompressible = "".join(map(chr, range(0x4E00, 0x4E00 + 1500)))
        if kind.items:
            item = getattr(artifact, kind.items).first()
            field = next(
                one.attname
                for one in item._meta.concrete_fields
                if isinstance(one, room.TEXTS) and (one.max_length or 9999) >= 300
            )
            type(item).objects.filter(pk=item.pk).update(**{field: incompressible[:290]})
        else:
            kind.model.objects.filter(pk=artifact.pk).update(**{kind.text: incompressible})
        assert room.course_bytes(owner) > before + 500, kind.name
    assert room.course_bytes(courses.person("nobody")) == 0


@pytest.fixture
def long_course(owner):
    """Of which a worker writes the PDF."""
    return rows.create(samples.course(FORMATS["pdf"].at_once_up_to + 1, "Short."), owner=owner)


def written_file(owner, roadmap, format, size):
    Export.objects.create(
        owner=owner,
        roadmap=roadmap,
        format=format,
        status=ExportStatus.READY,
        file=os.urandom(size),
        expires_at=timezone.now(),
    )


def test_beyond_so_many_bytes_of_files_none_is_written(browser, owner, long_course, settings):
    settings.STORED_EXPORT_BYTES = 1000
    other = course_of(owner)
    written_file(owner, other, "pdf", 3000)
    address = reverse("roadmap_export", args=[long_course.pk, "pdf"])
    refused = browser.post(address, follow=True, headers=CHINESE)
    assert "你的导出文件已占用" in refused.content.decode()
    assert not Export.objects.filter(roadmap=long_course).exists()

    other.delete()
    browser.post(address)
    assert Export.objects.filter(roadmap=long_course).exists()


def test_a_file_makes_room_for_its_own_next_edition(browser, owner, long_course, settings):
    settings.STORED_EXPORT_BYTES = 1000
    written_file(owner, long_course, "pdf", 3000)
    browser.post(reverse("roadmap_export", args=[long_course.pk, "pdf"]))
    assert Export.objects.get().status == ExportStatus.PENDING


def test_another_persons_files_and_courses_are_not_counted(browser, long_course, settings):
    settings.STORED_EXPORT_BYTES = 1000
    another = courses.person("another")
    written_file(another, course_of(another), "pdf", 3000)
    browser.post(reverse("roadmap_export", args=[long_course.pk, "pdf"]))
    assert Export.objects.filter(roadmap=long_course).exists()


def test_without_a_limit_everything_may_be_kept(owner, settings):
    settings.STORED_ROADMAPS = settings.STORED_COURSE_BYTES = settings.STORED_EXPORT_BYTES = 0
    roadmap = course_of(owner)
    written_file(owner, roadmap, "pdf", 10)
    room.check_course_bytes(owner)
    room.check_export_bytes(owner, roadmap.pk, "epub")
    request_roadmap(owner=owner, goal=courses.GOAL)
