"""A tutorial's Markdown for files that are read elsewhere: no raw HTML, no image from the net, no
dead link.

Unlike content.rendering.markdown, whose HTML a browser cleans up, this is XHTML: an e-book's reader stops at
the first open tag.
"""

import re
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from content.rendering import formulas
from content.rendering.formulas import DOLLARS
from content.rendering.markdown import is_diagram

BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
HEADING_MAX = 6
LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def xhtml(text: str, *, heading: int, name: str = "") -> str:
    """Well-formed whatever `text` holds.

    Its topmost headings become <h`heading`>; `name` keeps footnotes apart.
    """
    tokens = parse(text, {"docId": name} if name else {})
    _shift_headings(tokens, heading)
    return str(parser().renderer.render(tokens, parser().options, {"docId": name} if name else {}))


def parse(text: str, env: dict[str, Any] | None = None) -> list[Token]:
    return parser().parse(text, {} if env is None else env)


def web_address(url: str) -> str:
    """`url` as every reader takes it; empty when it is no address of a web page or mailbox."""
    url = LONE_PERCENT.sub("%25", url.strip())
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises as well
    except ValueError:
        return ""
    if parts.scheme == "mailto" and "@" in parts.path:
        return quote(url, safe="%:@/?&=+,.-_~")
    if parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[\w.-]+", host):
        return ""
    return quote(url, safe="%:/?#@!$&'()*+,;=~")


@cache
def parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True})
    made.enable(["table", "strikethrough"]).use(footnote_plugin, inline=False)
    made.use(dollarmath_plugin, **DOLLARS, renderer=formulas.draw)
    made.core.ruler.push("cairn_tidy", _tidy)
    made.core.ruler.push("cairn_diagrams", _explain_diagrams)
    return made


def _tidy(state: StateCore) -> None:
    before: list[str] = []
    for token in state.tokens:
        if token.type == "inline":
            if before[-2:] == ["list_item_open", "paragraph_open"]:
                _check_boxes(token.children or [])
            token.children = _tidy_inline(token.children or [])
        before.append(token.type)


def _explain_diagrams(state: StateCore) -> None:
    """Nothing that is read elsewhere draws them: that takes a browser."""
    explained: list[Token] = []
    for token in state.tokens:
        explained.append(token)
        if is_diagram(token):
            explained += _paragraph(
                _("The code of a diagram; in Cairn, the page of this concept shows it drawn."),
                token.level,
            )
    state.tokens = explained


def _paragraph(text: str, level: int) -> list[Token]:
    words = [
        Token("em_open", "em", 1),
        Token("text", "", 0, content=text),
        Token("em_close", "em", -1),
    ]
    return [
        Token("paragraph_open", "p", 1, block=True, level=level),
        Token("inline", "", 0, children=words, block=True, level=level + 1),
        Token("paragraph_close", "p", -1, block=True, level=level),
    ]


def _check_boxes(children: list[Token]) -> None:
    """Tasks of a list become signs: a file can't keep what is ticked."""
    first = children[0] if children else None
    if first is not None and first.type == "text" and (sign := BOXES.get(first.content[:4])):
        first.content = sign + first.content[4:]


def _tidy_inline(children: list[Token]) -> list[Token]:
    tidied: list[Token] = []
    dropped: list[bool] = []  # of each open link: whether it leads nowhere
    for token in children:
        if token.type == "image":
            tidied += _instead_of_image(token, linked=any(not one for one in dropped))
        elif token.type == "link_open":
            address = web_address(str(token.attrGet("href") or ""))
            token.attrs = {"href": address}
            dropped.append(not address)
            tidied += [token] if address else []
        elif token.type == "link_close":
            tidied += [] if dropped.pop() else [token]
        else:
            tidied.append(token)
    return tidied


def _instead_of_image(image: Token, *, linked: bool) -> list[Token]:
    """What it shows in words, as a link to it."""
    address = web_address(str(image.attrGet("src") or ""))
    text = Token("text", "", 0, content=f"[{image.content or address}]")
    if linked or not address:
        return [text]
    return [Token("link_open", "a", 1, attrs={"href": address}), text, Token("link_close", "a", -1)]


def _shift_headings(tokens: list[Token], heading: int) -> None:
    """So that the headings of the page around them stay in order."""
    tops = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) - min(tops) + heading, HEADING_MAX)}"
