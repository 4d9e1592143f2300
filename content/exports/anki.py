"""Flash cards for Anki: one note per question, with ids from the course.

Importing again therefore updates the notes.
"""

import hashlib
import json
import re
import sqlite3
import time
from html import escape
from itertools import count

import genanki
from django.utils.translation import gettext as _

from content.exports.document import Concept, Course, Question
from content.exports.files import file_name, zip_of
from roadmaps.plain_text import many_lines, one_line

MODEL_ID = 1_720_483_265  # of Cairn's kind of note, in every deck
NO_BREAK = "\u2060"  # WORD JOINER: neither seen nor a space
TAB = 4
STYLE = (
    "\n.card { font: 20px/1.5 system-ui, sans-serif; text-align: start; max-width: 34rem;"
    " margin: 1rem auto; padding: 0 1rem; }\n"
    ".place { font-size: 14px; opacity: .7; } .right { font-weight: 600; } li { margin: .3em 0; }\n"
)


def write(course: Course) -> bytes:
    package = genanki.Package(deck_of(course))
    # Not write_to_file: it leaves its database behind in the folder for temporary files.
    database = sqlite3.connect(":memory:")
    try:
        now = time.time()
        package.write_to_db(database.cursor(), now, count(int(now * 1000)))
        database.commit()
        return zip_of({"collection.anki2": database.serialize(), "media": json.dumps({})})
    finally:
        database.close()


def deck_of(course: Course) -> genanki.Deck:
    deck = genanki.Deck(number_of(f"{course.id} deck"), deck_name(course.title))
    for stage, _module, concept in course.places():
        for number, question in enumerate(concept.quiz, 1):
            deck.add_note(note_of(course, stage.title, concept, question, number))
    return deck


def deck_name(title: str) -> str:
    """The title; two colons, by which Anki puts a deck into another, get an unseen sign between."""
    return re.sub(":(?=:)", f":{NO_BREAK}", one_line(title))


def field(text: str) -> str:
    """A text as Anki's HTML that is shown as on a page, character by character and line by line.

    Brackets would be a sound or a LaTeX image to Anki, wherever they stand; a delimiter of
    formulas is none when two elements share it.
    """
    shown = escape(many_lines(text)).replace("[", "&#91;").replace("]", "&#93;")
    shown = shown.replace("{", "&#123;").replace("}", "&#125;")
    shown = re.sub(r"\\(?=[()]|&#9[13];)", r"<span>\\</span>", shown)
    shown = re.sub(r"(?m)^[ \t]+|[ \t]{2,}", lambda run: spaces(run[0]), shown)
    return shown.replace("\t", "&nbsp;" * TAB).replace("\n", "<br>")


def spaces(run: str) -> str:
    return "&nbsp;" * len(run.expandtabs(TAB))


def number_of(text: str) -> int:
    """The same for the same text, in the range that Anki takes."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % (1 << 30) + (1 << 30)


def note_of(
    course: Course, stage: str, concept: Concept, question: Question, number: int
) -> genanki.Note:
    options = "".join(f"<li>{field(option)}</li>" for option in question.options)
    right = "<br>".join(field(answer) for answer in question.answers)
    fields = [
        f"{field(question.text)}<ol>{options}</ol>",
        right,
        field(question.explanation),
        field(concept.title),
    ]
    return genanki.Note(
        model=note_model(),
        fields=fields,
        guid=genanki.guid_for(str(course.id), concept.id, number),
        tags=[file_name(stage)],
    )


def note_model() -> genanki.Model:
    names = ("Question", "Answer", "Explanation", "Concept")
    front = '<div class="place">{{Concept}}</div>{{Question}}'
    back = '{{FrontSide}}<hr id="answer"><div class="right">{{Answer}}</div><p>{{Explanation}}</p>'
    return genanki.Model(
        MODEL_ID,
        "Cairn",
        fields=[{"name": name} for name in names],
        templates=[{"name": _("Card"), "qfmt": front, "afmt": back}],
        css=STYLE,
    )
