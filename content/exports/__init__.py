"""Exports of a course: its rows as one document, and for each format a module that writes it.

Each format of the table below is a module of its name, whose `write` makes the file of a Course.
tests/content/test_format_table.py checks what a format needs beside its row.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from content.exports.errors import ExportImpossible
from content.exports.files import file_name

if TYPE_CHECKING:
    from content.exports.document import Course

__all__ = ["FORMATS", "ExportImpossible", "Format"]

ALWAYS = 1_000_000_000
PLAIN = 1_000_000  # bytes that are copied rather than parsed, in well under a second


@dataclass(frozen=True)
class Format:
    """`name` is its module's too.

    `at_once_up_to`: a course of so many bytes (`rows.size_of`) is written while the browser
    waits, a larger one by a worker, in a process with limits. What parses, colours or typesets is
    always a worker's, and takes `part_done`, which it calls after each concept.

    `colours`: it takes that option too, and without it code stays plain.
    """

    name: str
    title: str | Promise
    purpose: str | Promise
    suffix: str
    content_type: str
    at_once_up_to: int
    colours: bool = False

    @property
    def counts_parts(self) -> bool:
        return not self.at_once_up_to

    def write(self, course: "Course", **options: Any) -> bytes:
        """In the course's own language, as far as Cairn's words are translated.

        Raises ExportImpossible.
        """
        try:
            language = translation.get_supported_language_variant(course.language.lower())
        except LookupError:
            language = "en"
        # Imported by who writes it: the libraries of all formats would take a fifth of a second of
        # every start.
        module = import_module(f"content.exports.{self.name}")
        with translation.override(language):
            file: bytes = module.write(course, **options)
        return file

    def file_name(self, course_title: str) -> str:
        return f"{file_name(course_title)}.{self.suffix}"


FORMATS = {
    format.name: format
    for format in (
        Format(
            name="pdf",
            title=_("PDF"),
            purpose=_("To print, or to read on any screen."),
            suffix="pdf",
            content_type="application/pdf",
            at_once_up_to=0,
            colours=True,
        ),
        Format(
            name="epub",
            title=_("E-book"),
            purpose=_("For e-readers and reading apps."),
            suffix="epub",
            content_type="application/epub+zip",
            at_once_up_to=0,
        ),
        Format(
            name="html",
            title=_("Web page"),
            purpose=_("One file that opens in any browser, without a network."),
            suffix="html",
            content_type="text/html",
            at_once_up_to=0,
        ),
        Format(
            name="markdown",
            title=_("Markdown"),
            purpose=_("Text files for editors and note-taking apps."),
            suffix="zip",
            content_type="application/zip",
            at_once_up_to=0,
        ),
        Format(
            name="anki",
            title=_("Anki cards"),
            purpose=_("The quizzes as flash cards; importing again updates them."),
            suffix="apkg",
            content_type="application/octet-stream",
            at_once_up_to=PLAIN,
        ),
        Format(
            name="ics",
            title=_("Study plan"),
            purpose=_("For your calendar: which concept on which days."),
            suffix="ics",
            content_type="text/calendar",
            at_once_up_to=ALWAYS,  # it has titles and summaries only
        ),
        Format(
            name="scorm",
            title=_("SCORM 1.2"),
            purpose=_(
                "For learning platforms such as Moodle. "
                "The answers of its quizzes are in the package."
            ),
            suffix="zip",
            content_type="application/zip",
            at_once_up_to=0,
        ),
        Format(
            name="json",
            title=_("JSON"),
            purpose=_("Everything, for programs and for importing it into Cairn."),
            suffix="json",
            content_type="application/json",
            at_once_up_to=PLAIN,
        ),
    )
}
