"""A tutorial's Markdown as a tree of plain data, which course.typ typesets: nothing in it is ever
code.
"""

from typing import Any
from xml.etree.ElementTree import Element

from markdown_it.token import Token

from content.exports.markup import parse
from content.rendering import formulas

Node = dict[str, Any]
MATH = {
    "math_inline": False,
    "math_inline_double": True,
    "math_block": True,
}  # whether it stands alone
NESTED_MAX = 24  # parts of a formula within each other
DEPTH_MAX = 12  # of lists; what stands deeper is lifted up, as typst's own depth is limited
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


def nodes_of(text: str) -> list[Node]:
    """Each node: `t` its kind, `c` its children; `s` a text, and what else its kind needs."""
    env: dict[str, Any] = {}
    body, notes = _split_notes(parse(text, env))
    found = {token.meta["id"]: _tree(content, {}) for token, content in notes}
    return _tree(body, found)


def _split_notes(tokens: list[Token]) -> tuple[list[Token], list[tuple[Token, list[Token]]]]:
    """The text, and each footnote with its tokens: typst wants them where they are referred to."""
    body: list[Token] = []
    notes: list[tuple[Token, list[Token]]] = []
    inside = False
    for token in tokens:
        if token.type == "footnote_block_open":
            inside = True
        elif token.type == "footnote_open":
            notes.append((token, []))
        elif not inside:
            body.append(token)
        elif notes and token.type not in (
            "footnote_close",
            "footnote_block_close",
            "footnote_anchor",
        ):
            notes[-1][1].append(token)
    return body, notes


def _tree(tokens: list[Token], notes: dict[int, list[Node]]) -> list[Node]:
    root: list[Node] = []
    _grow([root], tokens, notes)
    return root


def _grow(stack: list[list[Node]], tokens: list[Token], notes: dict[int, list[Node]]) -> None:
    """`stack`: the lists of children that are open, the innermost last."""
    for token in tokens:
        if token.type == "inline":
            _grow(stack, token.children or [], notes)
        elif token.nesting > 0:
            stack.append(_opened(stack, token))
        elif token.nesting < 0:
            stack.pop()
        elif leaf := _leaf(token, notes):
            stack[-1].append(leaf)


def _opened(stack: list[list[Node]], token: Token) -> list[Node]:
    """Where the children of what `token` opens go: into a new node, or beside it where it would be
    too deep.
    """
    node = _branch(token)
    if node is None or len(stack) > DEPTH_MAX:
        return stack[-1]
    stack[-1].append(node)
    children: list[Node] = node["c"]
    return children


def _branch(token: Token) -> Node | None:
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


def _leaf(token: Token, notes: dict[int, list[Node]]) -> Node | None:
    if token.type in ("text", "softbreak"):
        return (
            {"t": "text", "s": token.content or " "}
            if token.content or token.type == "softbreak"
            else None
        )
    if token.type == "hardbreak":
        return {"t": "break"}
    if token.type == "hr":
        return {"t": "rule"}
    if token.type == "code_inline":
        return {"t": "code", "s": token.content}
    if token.type in ("fence", "code_block"):
        return {
            "t": "block",
            "s": token.content.rstrip("\n"),
            "lang": (token.info or "").split(" ")[0],
        }
    if token.type in MATH:
        return _formula(token.content.strip(), block=MATH[token.type])
    if token.type == "footnote_ref":
        # A footnote that refers to a footnote has no place of its own for it.
        note = notes.get(token.meta["id"])
        return {"t": "foot", "c": note} if note else {"t": "text", "s": f"[{token.meta['id'] + 1}]"}
    return {"t": "text", "s": token.content} if token.content else None


def _formula(tex: str, *, block: bool) -> Node:
    """Its MathML as a tree, or the TeX as it was written."""
    try:
        return {
            "t": "math",
            "block": block,
            "c": [_part(formulas.element(tex, "block" if block else "inline"))],
        }
    except formulas.NotDrawable:
        return {"t": "block", "s": tex, "lang": ""} if block else {"t": "code", "s": tex}


def _part(element: Element, depth: int = 0) -> Node:
    """`m` the element, `s` its text, `c` its parts; of its attributes what typst can use."""
    if depth > NESTED_MAX:
        raise formulas.NotDrawable("too deep")
    parts = _fenced([_part(one, depth + 1) for one in element])
    part: Node = {"m": element.tag, "s": element.text or "", "c": parts}
    if element.tag == "mtd":
        part["align"] = element.get("columnalign", "center")
    if element.tag == "mfrac":
        part["line"] = element.get("linethickness") != "0"
    if element.tag == "mspace":
        width = element.get("width", "0em").removesuffix("em")
        part["em"] = float(width) if width.replace(".", "").lstrip("-").isdigit() else 0.0
    return part


def _fenced(parts: list[Node]) -> list[Node]:
    """A matrix with the brackets beside it as one part, so that these grow with it and with
    nothing else.
    """
    found: list[Node] = []
    for part in parts:
        found.append(part)
        before, inside, after = found[-3:] if len(found) > 2 else (part, part, part)
        bare = inside["m"] == "mtable" or not inside.get("line", True)
        if bare and before["m"] == after["m"] == "mo":
            found[-3:] = [{"m": "mrow", "s": "", "c": [before, inside, after]}]
    return found
