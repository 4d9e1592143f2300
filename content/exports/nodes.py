"""Tree of a tutorial's Markdown as plain data for course.typ: nothing in it is ever code."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from markdown_it.token import Token

from content.exports.markup import parse
from content.rendering import formulas

Node = dict[str, Any]
# Whether it stands alone.
MATH = {"math_inline": False, "math_inline_double": True, "math_block": True}
NESTED_MAX = 24  # parts of a formula within each other
DEPTH_MAX = 12  # of lists; what stands deeper is lifted up, as typst's own depth is limited
# A note stands wherever it is referred to, as typst wants it; what is referred to more often gets
# its number only, for else a long note with many references would fill the world.
NOTE_MAX = 10
BLOCK_MAX = 20_000  # characters of code that get colours
SIMPLE = {
    "paragraph_open": "paragraph",
    "blockquote_open": "quote",
    "em_open": "emph",
    "strong_open": "strong",
    "s_open": "strike",
    "list_item_open": "item",
    "bullet_list_open": "list",
    "ordered_list_open": "enum",
    "table_open": "table",
    "tr_open": "row",
    "th_open": "cell",
    "td_open": "cell",
    "footnote_open": "note",
}


@dataclass
class Colours:
    """Characters of code that may still be coloured: what colours code can take long for it."""

    left: int = 100_000

    def language(self, code: str, name: str) -> str:
        """`name`, or nothing when the code stays plain."""
        if len(code) > min(BLOCK_MAX, self.left):
            return ""
        if name:
            self.left -= len(code)
        return name


@dataclass
class Page:
    """What the nodes of one text share."""

    colours: Colours
    notes: dict[int, list[Node]] = field(default_factory=dict)  # of footnotes by their id
    references: Counter[int] = field(default_factory=Counter)


def nodes_of(text: str, colours: Colours | None = None) -> list[Node]:
    """Each node: `t` its kind, `c` its children; `s` a text, and what else its kind needs."""
    page = Page(Colours() if colours is None else colours)
    body, footnotes = split_footnotes(parse(text, {}))
    notes = {token.meta["id"]: tree_of(content, page) for token, content in footnotes}
    page.notes, page.references = notes, Counter()
    return tree_of(body, page)


def split_footnotes(tokens: list[Token]) -> tuple[list[Token], list[tuple[Token, list[Token]]]]:
    """The text, and each footnote with its tokens: typst wants them where they are referred to."""
    body: list[Token] = []
    notes: list[tuple[Token, list[Token]]] = []
    inside = False
    ends = ("footnote_close", "footnote_block_close", "footnote_anchor")
    for token in tokens:
        if token.type == "footnote_block_open":
            inside = True
        elif token.type == "footnote_open":
            notes.append((token, []))
        elif not inside:
            body.append(token)
        elif notes and token.type not in ends:
            notes[-1][1].append(token)
    return body, notes


def tree_of(tokens: list[Token], page: Page) -> list[Node]:
    root: list[Node] = []
    grow([root], tokens, page)
    return root


def grow(stack: list[list[Node]], tokens: list[Token], page: Page) -> None:
    """`stack`: the lists of children that are open, the innermost last."""
    for token in tokens:
        if token.type == "inline":
            grow(stack, token.children or [], page)
        elif token.nesting > 0:
            node = branch(token)
            if node is None or len(stack) > DEPTH_MAX:
                stack.append(stack[-1])  # its children stand beside it: it would be too deep
            else:
                stack[-1].append(node)
                stack.append(node["c"])
        elif token.nesting < 0:
            stack.pop()
        elif node := leaf(token, page):
            stack[-1].append(node)


def branch(token: Token) -> Node | None:
    """A node with children; None for a token that typst has nothing for."""
    if token.type == "heading_open":
        return {"t": "heading", "level": int(token.tag[1]), "c": []}
    if token.type == "link_open":
        return {"t": "link", "url": str(token.attrGet("href")), "c": []}
    kind = SIMPLE.get(token.type)
    if kind is None:
        return None
    node: Node = {"t": kind, "c": []}
    if kind == "enum":
        node["start"] = int(token.attrGet("start") or 1)
    if kind == "cell":
        node["head"] = token.tag == "th"
    return node


def leaf(token: Token, page: Page) -> Node | None:
    """A node without children; None for a token without a text."""
    if token.type == "softbreak":
        return {"t": "text", "s": token.content or " "}
    if token.type == "hardbreak":
        return {"t": "break"}
    if token.type == "hr":
        return {"t": "rule"}
    if token.type == "code_inline":
        return {"t": "code", "s": token.content}
    if token.type in ("fence", "code_block"):
        language = page.colours.language(token.content, (token.info or "").split(" ")[0])
        return {"t": "block", "s": token.content.rstrip("\n"), "lang": language}
    if token.type in MATH:
        return formula(token.content.strip(), block=MATH[token.type])
    if token.type == "footnote_ref":
        number = token.meta["id"]
        page.references[number] += 1
        if page.notes.get(number) and page.references[number] <= NOTE_MAX:
            return {"t": "foot", "c": page.notes[number]}
        # A footnote that refers to a footnote has no place of its own for it.
        return {"t": "text", "s": f"[{number + 1}]"}
    if token.content:
        return {"t": "text", "s": token.content}
    return None


def formula(tex: str, *, block: bool) -> Node:
    """Its MathML as a tree, or the TeX as it was written."""
    display = "block" if block else "inline"
    try:
        return {"t": "math", "block": block, "c": [part_of(formulas.element(tex, display))]}
    except formulas.NotDrawable:
        if block:
            return {"t": "block", "s": tex, "lang": ""}
        return {"t": "code", "s": tex}


def part_of(element: Element, depth: int = 0) -> Node:
    """`m` the element, `s` its text, `c` its parts; of its attributes what typst can use."""
    if depth > NESTED_MAX:
        raise formulas.NotDrawable("too deep")
    parts = fence([part_of(child, depth + 1) for child in element])
    part: Node = {"m": element.tag, "s": element.text or "", "c": parts}
    if element.tag == "mtd":
        part["align"] = element.get("columnalign", "center")
    if element.tag == "mfrac":
        part["line"] = element.get("linethickness") != "0"
    if element.tag == "mspace":
        width = element.get("width", "0em").removesuffix("em")
        part["em"] = float(width) if width.replace(".", "").lstrip("-").isdigit() else 0.0
    return part


def fence(parts: list[Node]) -> list[Node]:
    """A matrix with the brackets beside it as one part, so that these grow with it and with
    nothing else.
    """
    fenced: list[Node] = []
    for part in parts:
        fenced.append(part)
        if len(fenced) < 3:
            continue
        left, inside, right = fenced[-3:]
        bare = inside["m"] == "mtable" or not inside.get("line", True)
        if bare and left["m"] == right["m"] == "mo":
            fenced[-3:] = [{"m": "mrow", "s": "", "c": [left, inside, right]}]
    return fenced
