"""Texts that formats take for their own are shown as text in every export."""

import html
import io
import json
import re
import sqlite3
import zipfile

import pytest
from icalendar import Calendar
from markdown_it import MarkdownIt

from content.exports import FORMATS
from content.exports.document import Course
from content.exports.markdown_text import harmless
from tests.content import samples

BREAKS = "one\r\ntwo\rDTSTART:19990101\nthree\x0bfour\x85five\u2028six\u2029seven"
TEXTS = {
    "breaks": BREAKS,
    "controls": "a\x01b\x08c\x1bd\x1fe\x7ff\x90g",
    "directions": "left \u202eright\u202c \u2066held",
    "calendar": "x\rEND:VEVENT\rBEGIN:VEVENT;a,b\\n:c",
    "deck": "C++: std::move:::without ::fear",
    "anki": "[latex]x[/latex] [$]y[/$] [sound:beep.mp3] [anki:play:q:0] {{c1::x}} \\(\\d+\\) \\[z\\]",
    "code": "What is printed?\n\nfor x in y:\n    print(x)\n\tpass",
    "html": "<li> <script>alert(1)</script> <!-- --> </details> & &lt; &amp;lt; <b",
    "markdown": "__init__ *a* `b` [a](b) ![x](y) ~~c~~ $d$ | e \\ \\* C# # f",
    "line": "# a comment\n1. a list\n- a dash\n+ plus\n> quote\n===\n```\n~~~\n    deep",
    "link": "[x](javascript:alert(1)) <javascript:alert(1)> [a]: javascript:alert(1)",
    "numbers": "10) ten",
}
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
every_format = pytest.mark.parametrize("format", FORMATS)


FIXED = {"format", "id", "prerequisites", "difficulty", "level", "language", "url", "tutorial"}


def hostile_course(text):
    """The text wherever a course holds one; a tutorial is Markdown, so it has none."""

    def filled(value, name=""):
        if isinstance(value, dict):
            return {key: filled(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner, name) for inner in value]
        if not isinstance(value, str) or name in FIXED:
            return value
        return text[: {"kind": 20}.get(name, 120)]

    data = json.loads(samples.course(1, markdown="Text.").model_dump_json())
    whole = filled(data)
    whole["checked"]["on"] = "2026-01-02"
    return Course.model_validate_json(json.dumps(whole))


@every_format
@every_text
def test_every_format_takes_every_text(format, text):
    if format == "pdf":
        pytest.importorskip("typst")
    assert FORMATS[format].write(hostile_course(text))


@every_text
def test_a_calendar_has_the_lines_of_its_own_and_no_others(text):
    course = hostile_course(text)
    data = FORMATS["ics"].write(course)
    # RFC 5545: lines end with CRLF, and nothing else ends one.
    assert data.endswith(b"\r\n")
    lines = re.sub(r"\r\n[ \t]", "", data.decode()).split("\r\n")[:-1]
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", "".join(lines))
    names = [re.split("[:;]", line)[0] for line in lines]
    event = ["BEGIN", "SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "DESCRIPTION", "TRANSP"]
    calendar = ["BEGIN", "VERSION", "PRODID", "X-WR-CALNAME"]
    assert sorted(names) == sorted([*calendar, *event, "END", "END"])
    (read,) = Calendar.from_ical(data).walk("VEVENT")
    assert str(read["summary"]) == course.stages[0].modules[0].concepts[0].title
    (name,) = (line.partition(":")[2] for line in lines if line.startswith("X-WR-CALNAME"))
    assert re.sub(r"\\(.)", r"\1", name) == course.title


def anki(course, tmp_path):
    """The decks' names, and the notes' fields, by the file itself."""
    with zipfile.ZipFile(io.BytesIO(FORMATS["anki"].write(course))) as archive:
        path = tmp_path / "collection.anki2"
        path.write_bytes(archive.read("collection.anki2"))
    with sqlite3.connect(path) as database:
        ((decks,),) = database.execute("SELECT decks FROM col")
        notes = database.execute("SELECT flds FROM notes").fetchall()
    names = [deck["name"] for deck in json.loads(decks).values() if deck["name"] != "Default"]
    return names, [fields.split("\x1f") for (fields,) in notes]


def shown(markup):
    """What a person reads of HTML, line by line."""
    lines = re.sub(r"<br>|</?(?:li|ol|p|div)>", "\n", markup)
    return html.unescape(re.sub(r"<[^>]*>", "", lines)).replace("\xa0", " ")


@every_text
def test_an_anki_note_shows_its_texts_and_nothing_of_ankis_own(text, tmp_path):
    course = hostile_course(text)
    names, notes = anki(course, tmp_path)
    (name,) = names
    assert "::" not in name
    assert name.replace("\u2060", "") == course.title
    question = course.stages[0].modules[0].concepts[0].quiz[0]
    for fields in notes:
        assert len(fields) == 4
        for field in fields:
            assert not re.search(r"\[(?:latex|\$|sound:|anki:)|\{\{", field)
            assert not re.search(r"\\[()\[\]]", field)
            tags = set(re.findall(r"</?([a-z]+)[^>]*>", field))
            assert tags <= {"ol", "li", "br", "span"}
        assert shown(fields[0]).startswith(question.text.expandtabs(4))
        assert shown(fields[2]) == question.explanation.expandtabs(4)


def viewer():
    """One that takes raw HTML and every link."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    return markdown


OURS = re.compile(r"</?(details|summary)>|<br>")


def raw_html_in(text):
    found = []
    for token in viewer().parse(text):
        for part in (token, *(token.children or ())):
            if part.type in ("html_block", "html_inline"):
                found += re.findall(r"<[A-Za-z/!?][^>]*>?", OURS.sub("", part.content))
    return found


def links_in(text):
    rendered = viewer().render(text)
    return [html.unescape(url) for url in re.findall(r'(?:href|src)="([^"]*)"', rendered)]


def files_of(course):
    with zipfile.ZipFile(io.BytesIO(FORMATS["markdown"].write(course))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def words(text):
    return " ".join(text.split())


@every_text
def test_markdown_shows_plain_texts_in_any_viewer(text):
    course = hostile_course(text)
    concept = course.stages[0].modules[0].concepts[0]
    outline, page = files_of(course).values()
    for file in (outline, page):
        assert raw_html_in(file) == []
        assert all(re.match(r"https?:|[^:]*\.md$", url) for url in links_in(file))
    read = words(shown(viewer().render(page)))
    texts = [concept.title, concept.summary, concept.outcomes[0], concept.resources[0].note]
    question = concept.quiz[0]
    texts += [question.text, *question.options, question.explanation]
    for one in texts:
        assert words(one) in read, one
    rendered = viewer().render(page)
    # Two questions, of three options each, in one list; nothing in the texts began another.
    assert rendered.count("<ol>") == 1
    assert rendered.count("<h1>") == 1
    assert rendered.count("<h2>") == 2
    assert rendered.count("<li>") == len(concept.outcomes) + 1 + 2 + 2 * 3
    assert words(course.title) in words(shown(viewer().render(outline)))


def test_code_of_a_question_keeps_its_lines_and_their_indentation():
    (_, page) = files_of(hostile_course(TEXTS["code"])).values()
    assert "\n   for x in y:\\\n   &nbsp;&nbsp;&nbsp;&nbsp;print(x)\\\n" in page


TUTORIALS = {
    "raw": "A <b>word</b> & `<b>` and\n<div onclick=x>\n**bold**\n</div>\n\nEnd",
    "script": "<script>\nalert(1)\n\n</script>\n<!-- a\n\nb --> <?php ?> <![CDATA[x]]>",
    "nested": "> - <details>\n>   <img src=x onerror=alert(1)>\n\n| <b>a</b> |\n|---|\n| `<i>` <u>c |",
    "escaped": "\\<b> <b> \\\\<i>",
    "links": "[a](javascript:alert(1)) [b](https://x.org) ![c](data:text/html,x) <javascript:x>",
    "hidden": "[a](java&#115;cript:x) [b](JAVASCRIPT&colon;x) [c](<javascript:x> 't') [d](\tvbscript:x)",
    "references": "[a][1] and [b]\n\n[1]: javascript:alert(1)\n[b]: <data:text/html,x> 'title'\n",
    "across": "> a <b\n> title='x'> c `<i>\n> ` <u>",
    "formula": "$a<b>c$ and\n\n$$\nx<y>z\n$$",
    "fence": "```html\n<b>[a](javascript:x)\n",
    "list fence": "- ```\n  <b>\n\nEnd",
}


@pytest.mark.parametrize("markdown", TUTORIALS.values(), ids=TUTORIALS)
def test_a_tutorial_has_no_raw_html_and_no_link_that_runs(markdown):
    text = harmless(markdown)
    assert raw_html_in(text) == []
    assert all(re.match(r"https?:|mailto:", url) for url in links_in(text))
    assert harmless(text) == text


def test_what_is_code_or_harmless_in_a_tutorial_stays_as_it_is():
    text = samples.MARKDOWN.replace("<b>raw</b>", "raw").replace("[run](javascript:alert(1))", "")
    assert harmless(text).rstrip() == text.rstrip()
    assert harmless("Use `<b>` and <b>") == "Use `<b>` and \\<b>"
    assert harmless("[bad](javascript:x) [good](https://x.org)").endswith("[good](https://x.org)")
    assert harmless("<https://x.org> <b>") == "<https://x.org> \\<b>"


def test_a_fence_that_was_never_closed_takes_in_nothing_that_follows():
    assert harmless("Text\n\n````\ncode\n```") == "Text\n\n````\ncode\n```\n````"
    assert harmless("```\ncode\n```") == "```\ncode\n```"
    (_, page) = files_of(samples.course(1, markdown="```\ncode")).values()
    assert "<h2>Quiz</h2>" in viewer().render(page)
