"""A course with nothing English in it, and the English words that a page shows."""

import re
from html.parser import HTMLParser

from content.models import Question, Quiz, Resource, ResourceList, Tutorial
from roadmaps.models import Roadmap
from roadmaps.runs import publishing
from tests import drawn

ACCEPT = "zh-CN,zh;q=0.9,en;q=0.5"  # as a browser says it
# Names, units and tags, which are the same in Chinese.
SAME = {
    "Anki",
    "Cairn",
    "Cookie",
    "Coyhaique",  # younger than the translated names of zones
    "English",
    "Hans",
    "JSON",
    "Markdown",
    "Moodle",
    "PDF",
    "Python",
    "SCORM",
    "UTC",
    "de",
    "email",
    "en",
    "zh",
}
SPOKEN = (
    "alt",
    "aria-label",
    "content",
    "data-again",
    "data-live",
    "data-over",
    "placeholder",
    "title",
)
SILENT = ("code", "kbd", "script", "style")
WITHOUT_END = ("br", "hr", "img", "input", "link", "meta", "wbr")


class Words(HTMLParser):
    """What of a page is read, heard or typed over, without what is marked as another language's."""

    def __init__(self):
        super().__init__()
        self.open, self.words, self.language = [], [], ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.language = given["lang"] if tag == "html" else self.language
        other = given.get("lang", self.language).lower() != self.language.lower()
        if tag not in WITHOUT_END:
            self.open.append((tag, tag in SILENT or other))
        if tag not in ("meta", "option") and not (
            tag == "input" and given.get("type") in ("hidden", "checkbox", "radio")
        ):
            self.add(" ".join(given.get(name) or "" for name in SPOKEN))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        self.add(text)

    def add(self, text):
        if not any(silent for _tag, silent in self.open):
            self.words += re.findall(r"[A-Za-z]{2,}", text)

    def english(self):
        return [word for word in self.words if word not in SAME]


def read(html):
    words = Words()
    words.feed(html)
    return words


def course(owner):
    """READY, and everything is written."""
    roadmap = Roadmap.objects.create(
        owner=owner,
        goal="学会看天气图",
        title="看懂天气图",
        status="READY",
        language="zh-Hans",
        hours_per_week=2,
        weeks=4,
    )
    publishing.create(
        roadmap, {"title": "天气图", "summary": "", "next_id": 9, "stages": [_stage()]}
    )
    for concept in roadmap.concepts.all():
        _write(concept)
    return roadmap


def _stage():
    concepts = [_concept(1, "beginner", []), _concept(2, "advanced", ["c1"])]
    module = {"id": "m1", "title": "气压", "summary": "", "concepts": concepts}
    return {"id": "s1", "title": "基础", "summary": "", "modules": [module]}


def _concept(number, difficulty, prerequisites):
    return {
        "id": f"c{number}",
        "title": f"等压线 {number}",
        "summary": "图上的线说明什么。",
        "minutes": 30 * number,
        "difficulty": difficulty,
        "prerequisites": prerequisites,
        "keywords": ["气压"],
        "outcomes": ["会读图。"],
    }


def _write(concept):
    Tutorial.objects.create(
        concept=concept,
        status="READY",
        title=concept.title,
        **drawn.columns("## 为什么\n\n气压决定风。"),
    )
    resources = ResourceList.objects.create(concept=concept, status="READY")
    given = {
        "title": "气象入门",
        "url": "https://example.org/",
        "language": "zh-Hans",
        "note": "适合复习。",
    }
    for order, kind in enumerate(("article", "book", "video", "exercise"), start=1):
        Resource.objects.create(resource_list=resources, order=order, kind=kind, **given)
    quiz = Quiz.objects.create(concept=concept, status="READY")
    options = {"options": ["高", "低"], "correct_indexes": [0], "explanation": "高压。"}
    Question.objects.create(quiz=quiz, order=1, text="哪里是晴天？", **options)
