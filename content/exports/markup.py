"""XHTML of a tutorial for other readers: no raw HTML, no image from the net, no dead link.

Unlike content.rendering.markdown, whose HTML a browser cleans up, this is well-formed: an e-book's
reader stops at the first open tag.
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
from content.rendering.math_blocks import look_once

BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
HEADING_MAX = 6
LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def xhtml(text: str, *, heading: int, name: str = "") -> str:
    """Well-formed whatever `text` holds.

    Its topmost headings become <h`heading`>; `name` keeps footnotes apart.
    """
    document: dict[str, Any] = {}
    if name:
        document["docId"] = name
    tokens = parse(text, dict(document))

    # The headings of the page around them stay in order.
    levels = {int(token.tag[1]) for token in tokens if token.type == "heading_open"}
    deeper = heading - min(levels, default=1)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + deeper, HEADING_MAX)}"
    return str(parser().renderer.render(tokens, parser().options, document))


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
    markdown = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True})
    markdown.enable(["table", "strikethrough"]).use(footnote_plugin, inline=False)
    markdown.use(dollarmath_plugin, **DOLLARS, renderer=formulas.draw)
    look_once(markdown)
    markdown.core.ruler.push("cairn_tidy", tidy)
    markdown.core.ruler.push("cairn_diagrams", explain_diagrams)
    return markdown


def tidy(state: StateCore) -> None:
    """A rule of the parser: check boxes as signs, and links and images that lead somewhere."""
    preceding: list[str] = []
    for token in state.tokens:
        if token.type == "inline":
            children = token.children or []
            if children and preceding[-2:] == ["list_item_open", "paragraph_open"]:
                # Tasks of a list become signs: a file can't keep what is ticked.
                first = children[0]
                if first.type == "text" and first.content[:4] in BOXES:
                    first.content = BOXES[first.content[:4]] + first.content[4:]
            token.children = tidy_links(children)
        preceding.append(token.type)


def explain_diagrams(state: StateCore) -> None:
    """A rule of the parser: nothing that is read elsewhere draws diagrams, as that takes a
    browser.
    """
    text = _("The code of a diagram; in Cairn, the page of this concept shows it drawn.")
    tokens: list[Token] = []
    for token in state.tokens:
        tokens.append(token)
        if is_diagram(token):
            emphasis = [
                Token("em_open", "em", 1),
                Token("text", "", 0, content=text),
                Token("em_close", "em", -1),
            ]
            inline = Token("inline", "", 0, children=emphasis, block=True, level=token.level + 1)
            tokens += [
                Token("paragraph_open", "p", 1, block=True, level=token.level),
                inline,
                Token("paragraph_close", "p", -1, block=True, level=token.level),
            ]
    state.tokens = tokens


def tidy_links(children: list[Token]) -> list[Token]:
    """Links without those that lead nowhere, and links to images instead of the images."""
    tidied: list[Token] = []
    open_links: list[bool] = []  # of each: whether it leads somewhere
    for token in children:
        if token.type == "image":
            tidied += image_as_link(token, linked=any(open_links))
        elif token.type == "link_open":
            address = web_address(str(token.attrGet("href") or ""))
            token.attrs = {"href": address}
            open_links.append(bool(address))
            if address:
                tidied.append(token)
        elif token.type != "link_close" or open_links.pop():
            tidied.append(token)
    return tidied


def image_as_link(image: Token, *, linked: bool) -> list[Token]:
    """An image in words, as a link to it; `linked`: it stands in a link already."""
    address = web_address(str(image.attrGet("src") or ""))
    text = Token("text", "", 0, content=f"[{image.content or address}]")
    if linked or not address:
        return [text]
    return [Token("link_open", "a", 1, attrs={"href": address}), text, Token("link_close", "a", -1)]
