"""Picture of a plan: places of its parts, and curves between what needs each other.

Pages draw it; no markup is made here.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from roadmaps.plan import shape
from roadmaps.sentences import Sentence, in_words

Drawable = Any  # a Plan, or what has its stages and its title
Marks = dict[str, list[str]]

# In pixels of the picture, which scrolls inside its page.
GAP = 32  # between stages, where the curves run
MARGIN = 18  # left of the first stage: curves within it bulge so far
STAGE_HEAD = 32  # with one line
LINE = 15
MODULE_HEAD = 30
NODE = 36  # a concept
SPACE = 6  # between neighbours
PADDING = 7
BETWEEN = 14  # stages that stand one below the other
BULGE_MOST = 18
DENSE = 120  # so many curves are drawn paler


@dataclass(frozen=True)
class Measure:
    """The width of a stage, and the number of narrow characters that go into a line."""

    stage: int
    stage_room: int
    module_room: int
    node_room: int


# Four stages and what stands beside them fit a page of 1280 pixels.
COLUMNS = Measure(200, 22, 27, 20)
WIDE_COLUMNS = Measure(236, 25, 32, 22)  # four stages fit it alone
ONE_COLUMN = Measure(316, 34, 44, 34)  # fits a telephone


@dataclass
class Box:
    """A stage, module or concept.

    `marks` are class names for its look, which the caller sets.
    """

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
    href: str = ""

    @property
    def place(self) -> str:
        return f"{self.x} {self.y}"

    @property
    def rows(self) -> list[tuple[int, str]]:
        """The lines of a concept with the heights at which they stand in its box."""
        if len(self.lines) == 1:
            return [(22, self.lines[0])]
        return list(zip((15, 28), self.lines, strict=True))

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

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


def draw(plan: Drawable, marks: Marks | None = None, measure: Measure = COLUMNS) -> Picture:
    """Stages as columns, modules as boxes, concepts as nodes, prerequisites as curves.

    `marks`: part id → class names such as "added" or "critical".
    """
    picture = Picture(title=plan["title"], words=_in_words(plan))
    head = max((_head(stage, measure) for stage in plan["stages"]), default=0)
    for number, stage in enumerate(plan["stages"]):
        corner = (MARGIN + number * (measure.stage + GAP), 0)
        _add_stage(picture, stage, corner, head, marks or {}, measure)
    height = max((box.height for box in picture.stages), default=0)
    for box in picture.stages:
        box.height = height  # columns of one height, whatever they hold
    return _finished(picture, plan)


def draw_stacked(plan: Drawable, marks: Marks | None = None) -> Picture:
    """The picture for a narrow screen: one stage below the other."""
    picture = Picture(title=plan["title"], words=_in_words(plan))
    top = 0
    for stage in plan["stages"]:
        head = _head(stage, ONE_COLUMN)
        _add_stage(picture, stage, (MARGIN, top), head, marks or {}, ONE_COLUMN)
        top = picture.stages[-1].bottom + BETWEEN
    return _finished(picture, plan)


def _finished(picture: Picture, plan: Drawable) -> Picture:
    picture.height = max((box.bottom for box in picture.stages), default=0)
    picture.width = max((box.right for box in picture.stages), default=0)
    nodes = {box.id: box for box in picture.concepts}
    picture.curves = [
        Curve(needed, concept["id"], _path(nodes[needed], nodes[concept["id"]]))
        for concept in shape.concepts(plan)
        for needed in concept["prerequisites"]
        if needed in nodes
    ]
    return picture


def _in_words(plan: Drawable) -> str:
    concepts = list(shape.concepts(plan))
    text = Sentence(
        "%(stages)s stages with %(concepts)s concepts in %(hours)s hours, "
        "and %(links)s prerequisites.",
        stages=len(plan["stages"]),
        concepts=len(concepts),
        hours=f"{shape.minutes(plan) / 60:.1f}",
        links=sum(len(concept["prerequisites"]) for concept in concepts),
    )
    return in_words(text)


def _head(stage: Any, measure: Measure) -> int:
    """The height of a stage's title."""
    return STAGE_HEAD + LINE * (len(wrapped(stage["title"], measure.stage_room, 2)) - 1)


def _add_stage(
    picture: Picture,
    stage: Any,
    corner: tuple[int, int],
    head: int,
    marks: Marks,
    measure: Measure,
) -> None:
    """Add the boxes of a stage and of all that stands in it; each grows with what it holds."""
    x, y = corner
    stage_box = _box("stage", stage, marks, (x, y, measure.stage, head), measure.stage_room)
    hours = f"{shape.minutes_of(stage) / 60:.1f}"
    stage_box.note = in_words(Sentence("%(hours)s h", hours=hours))
    picture.stages.append(stage_box)

    for module in stage["modules"]:
        place = (x + PADDING, stage_box.bottom, measure.stage - 2 * PADDING, MODULE_HEAD)
        module_box = _box("module", module, marks, place, measure.module_room, lines=1)
        picture.modules.append(module_box)
        for concept in module["concepts"]:
            width = module_box.width - 2 * PADDING
            place = (x + 2 * PADDING, module_box.bottom, width, NODE)
            picture.concepts.append(_node(concept, marks, place, measure))
            module_box.height += NODE + SPACE
        module_box.height += PADDING - SPACE
        stage_box.height += module_box.height + SPACE
    stage_box.height += PADDING - SPACE


def _node(concept: Any, marks: Marks, place: tuple[int, int, int, int], measure: Measure) -> Box:
    """The box of a concept."""
    node = _box("concept", concept, marks, place, measure.node_room)
    node.note = f"{concept['minutes']}′"
    node.difficulty = concept["difficulty"]
    node.href = concept.get("href", "")
    text = Sentence(
        "%(title)s: %(minutes)s minutes, %(difficulty)s",
        title=concept["title"],
        minutes=concept["minutes"],
        # The levels of a learner are marked for translation with a capital letter.
        difficulty=in_words(Sentence(node.difficulty.capitalize())).lower(),
    )
    node.words = in_words(text) + _in_brackets(node.marks)
    return node


def _box(
    kind: str, part: Any, marks: Marks, place: tuple[int, int, int, int], room: int, lines: int = 2
) -> Box:
    title = part["title"]
    part_marks = marks.get(part["id"], [])
    tooltip = title + _in_brackets(part_marks)
    return Box(part["id"], kind, wrapped(title, room, lines), *place, part_marks, "", tooltip)


def _in_brackets(marks: list[str]) -> str:
    return f" ({', '.join(marks)})" if marks else ""


def _path(source: Box, target: Box) -> str:
    """The curve into the left side of the target, from the right side of an earlier stage, else
    around on the left.
    """
    end = f"{target.x} {target.middle}"
    if source.right < target.x:
        bend = (target.x - source.right) // 2
        bends = f"{source.right + bend} {source.middle} {target.x - bend} {target.middle}"
        return f"M {source.right} {source.middle} C {bends} {end}"
    bulge = min(8 + abs(target.middle - source.middle) // 12, BULGE_MOST)
    edge = min(source.x, target.x) - bulge
    return f"M {source.x} {source.middle} C {edge} {source.middle} {edge} {target.middle} {end}"


def wrapped(text: str, room: int, most: int) -> list[str]:
    """At most `most` lines of `room` narrow characters, the last one with … when there was more."""
    # A word that is wider than a line (or a text without spaces) is broken anywhere.
    pieces: list[str] = []
    for word in text.split():
        while _width(word) > room:
            piece = _cut(word, room)
            pieces.append(piece)
            word = word[len(piece) :]
        pieces.append(word)

    lines = [""]
    for piece in filter(None, pieces):
        longer = f"{lines[-1]} {piece}".strip()
        if _width(longer) <= room:
            lines[-1] = longer
        elif len(lines) < most:
            lines.append(piece)
        else:
            return [*lines[:-1], _cut(longer, room - 1) + "…"]
    return lines


def _cut(text: str, room: int) -> str:
    while _width(text) > room:
        text = text[:-1]
    return text.rstrip()


def _width(text: str) -> int:
    """The width in narrow characters: an ideograph takes two, a combining mark none."""
    if text.isascii():
        return len(text)
    spacing = [char for char in text if not unicodedata.combining(char)]
    wide = [char for char in spacing if unicodedata.east_asian_width(char) in "WF"]
    return len(spacing) + len(wide)
