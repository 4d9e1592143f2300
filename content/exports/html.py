"""A course as one web page: nothing is loaded, nothing runs, and it is light or dark as its reader's screen is."""

from itertools import count
from pathlib import Path

from django.utils.safestring import mark_safe

from content.exports.document import Course
from content.exports.markdown import checked_line
from content.exports.page import concept_of, facts_of, render

STYLE = Path(__file__).parent / "assets" / "course.css"


def write(course: Course) -> bytes:
    numbers = count(1)
    stages = [
        {
            "stage": stage,
            "modules": [
                {
                    "module": module,
                    "concepts": [concept_of(course, one, next(numbers), heading=5) for one in module.concepts],
                }
                for module in stage.modules
            ],
        }
        for stage in course.stages
    ]
    style = mark_safe(STYLE.read_text())  # noqa: S308 - our own file
    context = facts_of(course) | {"stages": stages, "style": style, "checked": checked_line(course)}
    return render("course.html", context).encode()
