"""E-book of a course: EPUB 3, one chapter per concept, the answers at the end."""

import uuid
from datetime import UTC, datetime

from content.exports.document import Course
from content.exports.files import PartDone, nobody_waits, zip_of
from content.exports.html import STYLE
from content.exports.markdown import checked_line
from content.exports.page import chapters_of, contents_of, facts_of, render


def write(course: Course, part_done: PartDone = nobody_waits) -> bytes:
    chapters = chapters_of(course, part_done)
    context = facts_of(course) | {
        "identifier": f"urn:uuid:{course.id or uuid.uuid4()}",
        "modified": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "stages": contents_of(course),
        "chapters": chapters,
        "checked": checked_line(course),
        "asked": [chapter for chapter in chapters if chapter["concept"].quiz],
    }
    files: dict[str, str | bytes] = {"mimetype": "application/epub+zip"}
    for name, template in {
        "META-INF/container.xml": "epub_container.xml",
        "EPUB/content.opf": "epub_package.xml",
        "EPUB/nav.xhtml": "epub_nav.xml",
        "EPUB/title.xhtml": "epub_title.xml",
    }.items():
        files[name] = render(template, context)
    files["EPUB/style.css"] = STYLE.read_text()
    for chapter in chapters:
        files[f"EPUB/c{chapter['number']}.xhtml"] = render(
            "epub_chapter.xml", context | {"one": chapter}
        )
    if context["asked"]:
        files["EPUB/answers.xhtml"] = render("epub_answers.xml", context)
    return zip_of(files, stored=("mimetype",))
