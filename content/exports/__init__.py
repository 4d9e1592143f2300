"""Exports of a course: its rows as one document, and for each format a module that writes it."""

from collections.abc import Callable
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

ALWAYS = 1_000_000


@dataclass(frozen=True)
class Format:
    """`name` is its module's too.

    `at_once_up_to`: so many concepts are written while the browser waits; a larger course is a
    worker's. Those that may be a worker's take `part_done`, which they call after each concept.
    """

    name: str
    title: str | Promise
    purpose: str | Promise
    suffix: str
    content_type: str
    at_once_up_to: int = ALWAYS

    def write(self, course: "Course", **options: Any) -> bytes:
        """In the course's own language, as far as Cairn's words are translated.

        Raises ExportImpossible.
        """
        with translation.override(_spoken(course.language)):
            return self._make(course, **options)

    @property
    def _make(self) -> Callable[..., bytes]:
        """Imported by who writes it: the libraries of all formats would take a fifth of a second
        of every start.
        """
        make: Callable[..., bytes] = import_module(f"content.exports.{self.name}").write
        return make

    def file_name(self, course_title: str) -> str:
        return f"{file_name(course_title)}.{self.suffix}"


def _spoken(language: str) -> str:
    try:
        return translation.get_supported_language_variant(language.lower())
    except LookupError:
        return "en"


ZIP = "application/zip"
FORMATS = {
    one.name: one
    for one in (
        Format(
            "pdf", _("PDF"), _("To print, or to read on any screen."), "pdf", "application/pdf", 0
        ),
        Format(
            "epub",
            _("E-book"),
            _("For e-readers and reading apps."),
            "epub",
            "application/epub+zip",
            20,
        ),
        Format(
            "html",
            _("Web page"),
            _("One file that opens in any browser, without a network."),
            "html",
            "text/html",
            20,
        ),
        Format(
            "markdown", _("Markdown"), _("Text files for editors and note-taking apps."), "zip", ZIP
        ),
        Format(
            "anki",
            _("Anki cards"),
            _("The quizzes as flash cards; importing again updates them."),
            "apkg",
            "application/octet-stream",
        ),
        Format(
            "ics",
            _("Study plan"),
            _("For your calendar: which concept on which days."),
            "ics",
            "text/calendar",
        ),
        Format(
            "scorm",
            _("SCORM 1.2"),
            _(
                "For learning platforms such as Moodle. The answers of its quizzes are in the package."
            ),
            "zip",
            ZIP,
            20,
        ),
        Format(
            "json",
            _("JSON"),
            _("Everything, for programs and for importing it into Cairn."),
            "json",
            "application/json",
        ),
    )
}
