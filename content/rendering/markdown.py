"""Markdown that a model wrote, as HTML that a browser may show."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from content.rendering import formulas

CLASSES = {"code", "pre", "span", "ul", "ol", "li", "input", "div", "sup", "section", "a", "hr"}
TAGS = nh3.ALLOWED_TAGS | formulas.TAGS | {"input", "label", "section"}
OWN_ID = re.compile(
    r"(t-[\w-]+|fn(ref)?\d+(:\d+)?)"
)  # what is written must not take the id of a part of the page
LISTED_LEVELS = ("h2", "h3")


@dataclass(frozen=True)
class Heading:
    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Document:
    html: SafeString
    headings: tuple[Heading, ...]  # of the two upper levels
    has_diagram: bool


def render(text: str) -> SafeString:
    return read(text).html


@lru_cache(maxsize=256)
def read(text: str) -> Document:
    """Safe whatever `text` holds: raw HTML is escaped by the parser, and the result is cleaned as
    well.
    """
    environment: dict[str, Any] = {}
    tokens = _parser().parse(text, environment)
    headings = tuple(_anchor_headings(tokens))
    _align_cells(tokens)
    made = _parser().renderer.render(tokens, _parser().options, environment)
    listed = tuple(heading for heading in headings if f"h{heading.level}" in LISTED_LEVELS)
    has_diagram = any(is_diagram(token) for token in tokens)
    return Document(mark_safe(_cleaner().clean(made)), listed, has_diagram)  # noqa: S308 - cleaned


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlight})
    parser.enable(["table", "strikethrough"]).use(tasklists_plugin, label=True).use(footnote_plugin)
    parser.use(dollarmath_plugin, **formulas.DOLLARS, renderer=formulas.draw)
    parser.add_render_rule("fence", _diagram_or_code)
    parser.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _diagram_or_code(
    renderer: RendererHTML, tokens: list[Token], at: int, options: Any, environment: Any
) -> str:
    if is_diagram(tokens[at]):
        return f'<pre class="mermaid"><code>{html.escape(tokens[at].content)}</code></pre>\n'
    return renderer.fence(tokens, at, options, environment)


def is_diagram(token: Token) -> bool:
    return token.type == "fence" and token.info.split()[:1] == ["mermaid"]


def _highlight(code: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return html.escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def _anchor_headings(tokens: list[Token]) -> Iterator[Heading]:
    """Give each heading an id of its own; the page's title is its only first level."""
    opened = [at for at, token in enumerate(tokens) if token.type == "heading_open"]
    deeper = 1 if any(tokens[at].tag == "h1" for at in opened) else 0
    seen: dict[str, int] = {}
    for at in opened:
        level = min(int(tokens[at].tag[1]) + deeper, 6)
        text = _plain(tokens[at + 1])
        name = slugify(text, allow_unicode=True)[:60] or "part"
        seen[name] = seen.get(name, 0) + 1
        anchor = f"t-{name}" if seen[name] == 1 else f"t-{name}-{seen[name]}"
        tokens[at].tag = tokens[at + 2].tag = f"h{level}"
        tokens[at].attrSet("id", anchor)
        yield Heading(level, anchor, text)


def _align_cells(tokens: list[Token]) -> None:
    """By attribute: a strict policy lets no page have style attributes."""
    for token in tokens:
        if token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrs = {"align": str(token.attrs["style"]).removeprefix("text-align:")}


def _plain(inline: Token) -> str:
    return "".join(
        child.content for child in inline.children or [] if child.type in ("text", "code_inline")
    ).strip()


@cache
def _cleaner() -> nh3.Cleaner:
    attributes = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    for tag in CLASSES:
        attributes.setdefault(tag, set()).add("class")
    for tag in formulas.TAGS:
        attributes.setdefault(tag, set()).update(formulas.ATTRIBUTES)
    for tag in ("h2", "h3", "h4", "h5", "h6", "a", "li"):
        attributes.setdefault(tag, set()).add("id")
    attributes["input"] |= {"type", "checked", "disabled"}
    schemes = {"http", "https", "mailto"}
    return nh3.Cleaner(
        tags=TAGS, attributes=attributes, url_schemes=schemes, attribute_filter=_own_ids_only
    )


def _own_ids_only(_tag: str, name: str, value: str) -> str | None:
    return value if name != "id" or OWN_ID.fullmatch(value) else None
