"""A course for a learning platform: SCORM 1.2, one SCO per concept.

SCORM has no server of its own to grade on: the right answers are in the package, and a learner who
looks finds them. The manifest names its schemas, which are not in the package: they are IMS's and
come without a licence to pass them on.
"""

from pathlib import Path

from content.exports.document import Course
from content.exports.files import PartDone, nobody_waits, zip_of
from content.exports.html import STYLE
from content.exports.page import chapters_of, contents_of, facts_of, render

SCRIPT = Path(__file__).parent / "assets" / "scorm.js"
PASS_PERCENT = 60


def write(course: Course, part_done: PartDone = nobody_waits) -> bytes:
    chapters = chapters_of(course, part_done)
    context = facts_of(course) | {
        "identifier": f"cairn-{course.id}",
        "stages": contents_of(course),
        "chapters": chapters,
        "asked": {chapter["number"] for chapter in chapters if chapter["concept"].quiz},
        "pass_percent": PASS_PERCENT,
    }
    files: dict[str, str | bytes] = {"imsmanifest.xml": render("scorm_manifest.xml", context)}
    for chapter in chapters:
        files[f"c{chapter['number']}.html"] = render(
            "scorm_concept.html", context | {"one": chapter}
        )
    files |= {"style.css": STYLE.read_text(), "scorm.js": SCRIPT.read_text()}
    return zip_of(files)
