"""Everything that a format needs beside its row in FORMATS; each test names what is missing."""

import inspect
import mimetypes
import pkgutil
from importlib import import_module

import pytest
from django.urls import reverse
from django.utils import translation

from content import exports
from content.exports import FORMATS, rows
from tests import courses
from tests.content import samples

every_format = pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
NAMES = {"Markdown", "PDF", "JSON", "SCORM 1.2"}  # the same in every language


def parameters(format):
    return inspect.signature(import_module(f"content.exports.{format.name}").write).parameters


@every_format
def test_every_format_has_a_module_that_writes_a_course(format):
    assert next(iter(parameters(format))) == "course"
    assert len(format.write(samples.course())) > 100


def test_every_module_that_writes_a_course_is_in_the_table():
    names = {module.name for module in pkgutil.iter_modules(exports.__path__)}
    modules = {name: import_module(f"content.exports.{name}") for name in names}
    writers = {name for name, module in modules.items() if hasattr(module, "write")}
    assert writers == set(FORMATS)


@every_format
def test_every_format_that_a_worker_writes_tells_what_is_done(format):
    if not format.counts_parts:
        assert "part_done" not in parameters(format)
        return
    done = []
    format.write(samples.course(), part_done=lambda: done.append(True))
    assert len(done) == 3


@every_format
def test_every_format_has_a_content_type_and_a_suffix_that_agree(format):
    known = mimetypes.guess_type(f"course.{format.suffix}")[0]
    assert format.content_type in (known, "application/octet-stream")
    assert format.file_name("Weather maps & hikers") == f"Weather-maps-hikers.{format.suffix}"


@every_format
def test_every_format_has_its_words_in_chinese(format):
    english = str(format.title), str(format.purpose)
    with translation.override("zh-hans"):
        assert str(format.purpose) != english[1]
        assert str(format.title) != english[0] or english[0] in NAMES


@pytest.mark.django_db
@every_format
def test_every_format_is_on_the_page_of_exports(client, format):
    owner = courses.person("owner")
    roadmap = rows.create(samples.course(), owner=owner)
    client.force_login(owner)
    page = client.get(reverse("export_list", args=[roadmap.pk])).content.decode()
    assert str(format.purpose) in page
    assert reverse("roadmap_export", args=[roadmap.pk, format.name]) in page
