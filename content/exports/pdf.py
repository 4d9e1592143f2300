"""A course as a PDF, typeset by typst from course.typ. The course is data to it, never code."""

import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import gettext as _

from content.artifacts import labels
from content.exports.document import Concept, Course, Question
from content.exports.errors import ExportImpossible
from content.exports.files import PartDone, nobody_waits
from content.exports.markdown import checked_line
from content.exports.markup import web_address
from content.exports.nodes import nodes_of
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


def write(course: Course, part_done: PartDone = nobody_waits) -> bytes:
    return typeset(course, "pdf", part_done=part_done)[0]


def typeset(
    course: Course,
    format: Literal["pdf", "png"],
    ppi: float | None = None,
    part_done: PartDone = nobody_waits,
) -> list[bytes]:
    """The file; as "png" one picture per page."""
    if not any(FONTS.glob("*.ttf")):
        raise ExportImpossible(
            Sentence("The fonts of the PDF are not installed; `make run` installs them.")
        )
    check_scripts(course)
    made = typst.compile(
        FOLDER / "course.typ",
        root=FOLDER,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"course": json.dumps(course_of(course, part_done), ensure_ascii=False)},
        format=format,
        ppi=ppi,
    )
    if made is None:
        raise ExportImpossible(Sentence("The PDF came out empty."))
    return made if isinstance(made, list) else [made]


def check_scripts(course: Course) -> None:
    """Raises ExportImpossible when a reader would see boxes instead of letters."""
    counted: Counter[str] = Counter()
    for concept in course.concepts():
        counted.update(
            one for one in concept.title + concept.tutorial if one.isalpha() and not one.isascii()
        )
    total = sum(len(concept.title + concept.tutorial) for concept in course.concepts())
    scripts: Counter[str] = Counter()
    for letter, count in counted.items():
        scripts[unicodedata.name(letter, "?").split(" ")[0]] += count
    foreign = {script: count for script, count in scripts.items() if script not in SCRIPTS}
    if foreign and sum(foreign.values()) > FOREIGN_SHARE * total:
        script = max(foreign, key=lambda one: foreign[one]).capitalize()
        raise ExportImpossible(
            Sentence(
                "The fonts of the PDF have no %(script)s letters. Take the e-book or the web page instead.",
                script=script,
            )
        )


def course_of(course: Course, part_done: PartDone = nobody_waits) -> dict[str, Any]:
    """The course as course.typ reads it."""
    wanted = course.request
    return {
        "title": course.title,
        "lang": wanted.language.split("-")[0].lower(),
        "goal": wanted.goal,
        "facts": _("%(hours)d hours a week for %(weeks)d weeks")
        % {"hours": wanted.hours_per_week, "weeks": wanted.weeks},
        "checked": checked_line(course),
        "without_model": _("Made without a model.") if course.made_without_model else "",
        "words": _words(),
        "stages": _stages(course, part_done),
    }


def _words() -> dict[str, str]:
    return {
        "goal": _("Goal"),
        "contents": _("Contents"),
        "outcomes": _("What you will be able to do"),
        "resources": _("Resources"),
        "quiz": _("Quiz"),
        "answers": _("Answers to the quizzes"),
        "missing": _("The tutorial is not written yet."),
    }


def _stages(course: Course, part_done: PartDone) -> list[dict[str, Any]]:
    titles = course.titles()
    return [
        {
            "title": stage.title,
            "summary": stage.summary,
            "modules": [
                {
                    "title": module.title,
                    "summary": module.summary,
                    "concepts": [
                        _concept(concept, titles, part_done) for concept in module.concepts
                    ],
                }
                for module in stage.modules
            ],
        }
        for stage in course.stages
    ]


def _concept(concept: Concept, titles: dict[str, str], part_done: PartDone) -> dict[str, Any]:
    facts = [
        _("%(count)d minutes") % {"count": concept.minutes},
        Roadmap.Level.word(concept.difficulty),
    ]
    if concept.prerequisites:
        facts.append(
            _("first: %(titles)s")
            % {"titles": ", ".join(titles[key] for key in concept.prerequisites)}
        )
    body = nodes_of(concept.tutorial)
    part_done()
    return {
        "title": concept.title,
        "summary": concept.summary,
        "facts": " · ".join(facts),
        "outcomes": concept.outcomes,
        "body": body,
        "resources": [
            {
                "title": one.title,
                "url": web_address(one.url),
                "about": f"({labels.resource_kind(one.kind)}, {name_of(one.language)}) {one.note}",
            }
            for one in concept.resources
        ],
        "quiz": [_question(question) for question in concept.quiz],
    }


def _question(question: Question) -> dict[str, Any]:
    letters = ", ".join("ABCDEFGHIJKL"[index] for index in question.correct_indexes)
    return {
        "text": question.text,
        "options": question.options,
        "answer": f"{letters}: {'; '.join(question.answers)}",
        "explanation": question.explanation,
    }
