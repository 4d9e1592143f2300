"""A plan as a picture: where everything stands, and what leads where. Templates draw it; no markup is made here."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from roadmaps.workflow import plans

Json = dict[str, Any]
Marks = dict[str, list[str]]

# In pixels of the picture, which scrolls inside its page.
STAGE_WIDTH = 200  # four stages fit a page of 1280 pixels
GAP = 32  # between stages, where the curves run
MARGIN = 18  # left of the first stage: curves within it bulge so far
STAGE_HEAD = 32  # with one line
LINE = 15
MODULE_HEAD = 30
NODE = 36  # a concept
SPACE = 6  # between neighbours
PADDING = 7
STAGE_ROOM, MODULE_ROOM, NODE_ROOM = 22, 27, 20  # narrow characters in a line
BULGE_MOST = 18
DENSE = 120  # so many curves are drawn paler


@dataclass
class Box:
    """A stage, module or concept. `marks` are what the caller says of it, as class names for its look."""

    id: str
    kind: str
    lines: list[str]
    x: int
    y: int
    width: int
    height: int
    marks: list[str]
    note: str  # hours or minutes
    words: str  # all of it in words, for a tooltip and for who can't see it
    difficulty: str = ""

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass(frozen=True)
class Curve:
    source: str
    target: str
    path: str


@dataclass
class Picture:
    title: str
    words: str
    stages: list[Box] = field(default_factory=list)
    modules: list[Box] = field(default_factory=list)
    concepts: list[Box] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    width: int = 0
    height: int = 0

    @property
    def is_dense(self) -> bool:
        return len(self.curves) > DENSE


def draw(plan: Json, marks: Marks | None = None) -> Picture:
    """Stages as columns, modules as boxes, concepts as nodes, prerequisites as curves.

    `marks`: part id → class names such as "added" or "critical".
    """
    picture = Picture(title=plan["title"], words=_in_words(plan))
    head = max((_head(stage) for stage in plan["stages"]), default=0)
    for number, stage in enumerate(plan["stages"]):
        _add_stage(picture, stage, MARGIN + number * (STAGE_WIDTH + GAP), head, marks or {})
    picture.height = max((box.y + box.height for box in picture.stages), default=0)
    for box in picture.stages:
        box.height = picture.height  # columns of one height, whatever they hold
    picture.width = max((box.right for box in picture.stages), default=0)
    picture.curves = _curves(plan, {box.id: box for box in picture.concepts})
    return picture


def _in_words(plan: Json) -> str:
    stages, concepts = len(plan["stages"]), sum(1 for _ in plans.concepts(plan))
    links = sum(len(concept["prerequisites"]) for concept in plans.concepts(plan))
    hours = plans.minutes(plan) / 60
    return f"{stages} stages with {concepts} concepts in {hours:.1f} hours, and {links} prerequisites between them."


def _head(stage: Json) -> int:
    """The height of a stage's title."""
    return STAGE_HEAD + LINE * (len(wrapped(stage["title"], STAGE_ROOM, 2)) - 1)


def _add_stage(picture: Picture, stage: Json, x: int, head: int, marks: Marks) -> None:
    box = _box("stage", stage, marks, x, 0, STAGE_WIDTH, head, STAGE_ROOM)
    picture.stages.append(box)
    box.note = f"{plans.minutes({'stages': [stage]}) / 60:.1f} h"
    for module in stage["modules"]:
        box.height += _add_module(picture, module, x + PADDING, box.height, marks) + SPACE
    box.height += PADDING - SPACE


def _add_module(picture: Picture, module: Json, x: int, y: int, marks: Marks) -> int:
    """Its height."""
    box = _box("module", module, marks, x, y, STAGE_WIDTH - 2 * PADDING, MODULE_HEAD, MODULE_ROOM, lines=1)
    picture.modules.append(box)
    for concept in module["concepts"]:
        node = _box("concept", concept, marks, x + PADDING, y + box.height, box.width - 2 * PADDING, NODE, NODE_ROOM)
        node.note, node.difficulty = f"{concept['minutes']}′", concept["difficulty"]
        node.words = f"{concept['title']}: {concept['minutes']} minutes, {concept['difficulty']}{_said(node.marks)}"
        picture.concepts.append(node)
        box.height += NODE + SPACE
    box.height += PADDING - SPACE
    return box.height


def _box(
    kind: str, part: Json, marks: Marks, x: int, y: int, width: int, height: int, room: int, lines: int = 2
) -> Box:
    own = marks.get(part["id"], [])
    words = part["title"] + _said(own)
    return Box(part["id"], kind, wrapped(part["title"], room, lines), x, y, width, height, own, "", words)


def _said(marks: list[str]) -> str:
    return f" ({', '.join(marks)})" if marks else ""


def _curves(plan: Json, nodes: dict[str, Box]) -> list[Curve]:
    return [
        Curve(needed, concept["id"], _path(nodes[needed], nodes[concept["id"]]))
        for concept in plans.concepts(plan)
        for needed in concept["prerequisites"]
        if needed in nodes
    ]


def _path(source: Box, target: Box) -> str:
    """Into the left side of the target: from the right side of an earlier stage, else around on the left."""
    end = f"{target.x} {target.middle}"
    if source.right < target.x:
        bend = (target.x - source.right) // 2
        bends = f"{source.right + bend} {source.middle} {target.x - bend} {target.middle}"
        return f"M {source.right} {source.middle} C {bends} {end}"
    bulge = min(8 + abs(target.middle - source.middle) // 12, BULGE_MOST)
    left = min(source.x, target.x) - bulge
    return f"M {source.x} {source.middle} C {left} {source.middle} {left} {target.middle} {end}"


def wrapped(text: str, room: int, most: int) -> list[str]:
    """At most `most` lines of `room` narrow characters, the last one with … when there was more."""
    lines = [""]
    for word in _words(text, room):
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer) <= room:
            lines[-1] = longer
        elif len(lines) < most:
            lines.append(word)
        else:
            return [*lines[:-1], _cut(longer, room - 1) + "…"]
    return lines


def _words(text: str, room: int) -> list[str]:
    """Words, where one that is wider than a line (or a text without spaces) is broken anywhere."""
    found = []
    for word in text.split():
        while _width(word) > room:
            head = _cut(word, room)
            found.append(head)
            word = word[len(head) :]
        found.append(word)
    return [word for word in found if word]


def _cut(text: str, room: int) -> str:
    while _width(text) > room:
        text = text[:-1]
    return text.rstrip()


def _width(text: str) -> int:
    """In narrow characters: an ideograph takes two, a combining mark none."""
    return sum(0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text)
