"""PDF export, typeset by typst from course.typ. The course is data to it, never code."""

import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import gettext as _

from content.artifacts import labels
from content.exports.document import Concept, Course, Question, Resource
from content.exports.errors import ExportImpossible
from content.exports.files import PartDone, nobody_waits
from content.exports.markdown import checked_line
from content.exports.markup import web_address
from content.exports.nodes import Colours, nodes_of
from roadmaps.models import Roadmap
from roadmaps.people.languages import name_of
from roadmaps.sentences import Sentence

FOLDER = Path(__file__).parent
FONTS = FOLDER.parent / "fonts"
# What the fonts that come with Cairn can show, as the names of characters begin.
SCRIPTS = {
    "LATIN",
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "KATAKANA-HIRAGANA",
    "BOPOMOFO",
    "GREEK",
    "CYRILLIC",
    "FULLWIDTH",
}
FOREIGN_SHARE = 0.02  # of the letters: a word quoted in another script is no reason to refuse


def write(course: Course, part_done: PartDone = nobody_waits, *, colours: bool = True) -> bytes:
    """`colours`: of code, which take the most time of all."""
    return typeset(course, "pdf", part_done=part_done, colours=colours)[0]


def typeset(
    course: Course,
    format: Literal["pdf", "png"],
    ppi: float | None = None,
    part_done: PartDone = nobody_waits,
    *,
    colours: bool = True,
) -> list[bytes]:
    """The file; as "png" one picture per page."""
    if not any(FONTS.glob("*.ttf")):
        raise ExportImpossible(
            Sentence("The fonts of the PDF are not installed; `make run` installs them.")
        )
    check_scripts(course)
    text = json.dumps(course_of(course, part_done, colours=colours), ensure_ascii=False)
    pages = typst.compile(
        FOLDER / "course.typ",
        root=FOLDER,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"course": text},
        format=format,
        ppi=ppi,
    )
    if pages is None:
        raise ExportImpossible(Sentence("The PDF came out empty."))
    return pages if isinstance(pages, list) else [pages]


def check_scripts(course: Course) -> None:
    """Raises ExportImpossible when a reader would see boxes instead of letters."""
    total = 0
    letters: Counter[str] = Counter()
    for concept in course.concepts():
        text = concept.title + concept.tutorial
        total += len(text)
        letters.update(filter(str.isalpha, text))

    foreign: Counter[str] = Counter()
    for letter, count in letters.items():
        script = unicodedata.name(letter, "?").split(" ")[0]
        if not letter.isascii() and script not in SCRIPTS:
            foreign[script] += count
    if foreign.total() > FOREIGN_SHARE * total:
        ((script, _count),) = foreign.most_common(1)
        raise ExportImpossible(
            Sentence(
                "The fonts of the PDF have no %(script)s letters. "
                "Take the e-book or the web page instead.",
                script=script.capitalize(),
            )
        )


def course_of(
    course: Course, part_done: PartDone = nobody_waits, *, colours: bool = True
) -> dict[str, Any]:
    """The course as course.typ reads it."""
    budget = Colours() if colours else Colours(0)
    without_model = ""
    if course.made_without_model:
        without_model = _("Made without a model.")
    titles = course.titles()
    stages = []
    for stage in course.stages:
        modules = []
        for module in stage.modules:
            concepts = []
            for concept in module.concepts:
                concepts.append(concept_of(concept, titles, budget))
                part_done()
            modules.append({"title": module.title, "summary": module.summary, "concepts": concepts})
        stages.append({"title": stage.title, "summary": stage.summary, "modules": modules})
    request = course.request
    pace = {"hours": request.hours_per_week, "weeks": request.weeks}
    return {
        "title": course.title,
        "lang": request.language.split("-")[0].lower(),
        "goal": request.goal,
        "facts": _("%(hours)d hours a week for %(weeks)d weeks") % pace,
        "checked": checked_line(course),
        "without_model": without_model,
        "words": {
            "goal": _("Goal"),
            "contents": _("Contents"),
            "outcomes": _("What you will be able to do"),
            "resources": _("Resources"),
            "quiz": _("Quiz"),
            "answers": _("Answers to the quizzes"),
            "missing": _("The tutorial is not written yet."),
        },
        "stages": stages,
    }


def concept_of(concept: Concept, titles: dict[str, str], colours: Colours) -> dict[str, Any]:
    details = [
        _("%(count)d minutes") % {"count": concept.minutes},
        Roadmap.Level.word(concept.difficulty),
    ]
    if concept.prerequisites:
        prerequisites = ", ".join(titles[key] for key in concept.prerequisites)
        details.append(_("first: %(titles)s") % {"titles": prerequisites})
    return {
        "title": concept.title,
        "summary": concept.summary,
        "facts": " · ".join(details),
        "outcomes": concept.outcomes,
        "body": nodes_of(concept.tutorial, colours),
        "resources": [resource_of(resource) for resource in concept.resources],
        "quiz": [question_of(question) for question in concept.quiz],
    }


def resource_of(resource: Resource) -> dict[str, Any]:
    kind, language = labels.resource_kind(resource.kind), name_of(resource.language)
    return {
        "title": resource.title,
        "url": web_address(resource.url),
        "about": f"({kind}, {language}) {resource.note}",
    }


def question_of(question: Question) -> dict[str, Any]:
    letters = ", ".join("ABCDEFGHIJKL"[index] for index in question.correct_indexes)
    return {
        "text": question.text,
        "options": question.options,
        "answer": f"{letters}: {'; '.join(question.answers)}",
        "explanation": question.explanation,
    }
