"""Course as one web page: nothing is loaded, nothing runs, light or dark as the reader's screen."""

from itertools import count
from pathlib import Path
from typing import Any

from django.utils.safestring import mark_safe

from content.exports.document import Course
from content.exports.files import PartDone, nobody_waits
from content.exports.markdown import checked_line
from content.exports.page import concept_of, facts_of, render

STYLE = Path(__file__).parent / "assets" / "course.css"


def write(course: Course, part_done: PartDone = nobody_waits) -> bytes:
    numbers, titles = count(1), course.titles()
    stages: list[dict[str, Any]] = []
    for stage in course.stages:
        modules: list[dict[str, Any]] = []
        for module in stage.modules:
            modules.append({"module": module, "concepts": []})
            for concept in module.concepts:
                part = concept_of(titles, concept, next(numbers), heading=5)
                modules[-1]["concepts"].append(part)
                part_done()
        stages.append({"stage": stage, "modules": modules})
    style = mark_safe(STYLE.read_text())  # noqa: S308 - our own file
    context = facts_of(course) | {"stages": stages, "style": style, "checked": checked_line(course)}
    return render("course.html", context).encode()
