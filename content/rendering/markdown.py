"""HTML of the Markdown that a model wrote, safe for a browser to show.

It runs in a process of its own (`content.rendering.drawing`), never in a page's: a parser can't be
stopped from within.
"""

import html
import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import nh3
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from content.rendering import formulas
from content.rendering.code import Painter
from content.rendering.document import Document, Heading
from content.rendering.math_blocks import look_once
from content.rendering.task_lists import task_lists

CLASSES = {"code", "pre", "span", "ul", "ol", "li", "input", "div", "sup", "section", "a", "hr"}
TAGS = nh3.ALLOWED_TAGS | formulas.TAGS | {"input", "label", "section"}
OWN_ID = re.compile(r"(t-[\w-]+|fn(ref)?\d+(:\d+)?)")
LISTED_LEVELS = (2, 3)


def work(argument: bytes, _progress: Callable[[], None]) -> bytes:
    """The work of a sandbox: `text` and `colour_seconds` of a JSON object as a Document's bytes."""
    return read(**json.loads(argument)).encode()


def read(text: str, colour_seconds: float = 1.0) -> Document:
    """Safe whatever `text` holds: raw HTML is escaped by the parser, and the result is cleaned as
    well.
    """
    environment: dict[str, Any] = {}
    tokens = parser().parse(text, environment)
    headings = anchor_headings(tokens)
    for token in tokens:
        # Cells are aligned by attribute: a strict policy lets no page have style attributes.
        if token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrs = {"align": str(token.attrs["style"]).removeprefix("text-align:")}
    painter = Painter(colour_seconds)
    options = OptionsDict({**parser().options, "highlight": painter.colour})  # type: ignore[typeddict-item]
    unsafe = parser().renderer.render(tokens, options, environment)
    return Document(
        html=cleaner().clean(unsafe),
        headings=tuple(heading for heading in headings if heading.level in LISTED_LEVELS),
        has_diagram=any(is_diagram(token) for token in tokens),
    )


@cache
def parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.enable(["table", "strikethrough"])
    markdown.use(task_lists).use(footnote_plugin)
    markdown.use(dollarmath_plugin, **formulas.DOLLARS, renderer=formulas.draw)
    look_once(markdown)
    markdown.add_render_rule("fence", draw_fence)
    markdown.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return markdown


def draw_fence(
    renderer: RendererHTML, tokens: list[Token], index: int, options: Any, environment: Any
) -> str:
    """A render rule: a diagram for the page's script, or code."""
    if is_diagram(tokens[index]):
        return f'<pre class="mermaid"><code>{html.escape(tokens[index].content)}</code></pre>\n'
    return renderer.fence(tokens, index, options, environment)


def is_diagram(token: Token) -> bool:
    return token.type == "fence" and token.info.split()[:1] == ["mermaid"]


def anchor_headings(tokens: list[Token]) -> list[Heading]:
    """Give each heading an id of its own; the page's title is its only first level."""
    opened = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    deeper = any(tokens[index].tag == "h1" for index in opened)
    headings: list[Heading] = []
    uses: Counter[str] = Counter()
    for index in opened:
        level = min(int(tokens[index].tag[1]) + deeper, 6)
        text = "".join(
            child.content
            for child in tokens[index + 1].children or []
            if child.type in ("text", "code_inline")
        ).strip()
        name = slugify(text, allow_unicode=True)[:60] or "part"
        uses[name] += 1
        anchor = f"t-{name}"
        if uses[name] > 1:
            anchor += f"-{uses[name]}"
        tokens[index].tag = tokens[index + 2].tag = f"h{level}"
        tokens[index].attrSet("id", anchor)
        headings.append(Heading(level, anchor, text))
    return headings


@cache
def cleaner() -> nh3.Cleaner:
    attributes = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    for tag in CLASSES:
        attributes.setdefault(tag, set()).add("class")
    for tag in formulas.TAGS:
        attributes.setdefault(tag, set()).update(formulas.ATTRIBUTES)
    for tag in ("h2", "h3", "h4", "h5", "h6", "a", "li"):
        attributes.setdefault(tag, set()).add("id")
    attributes["input"] |= {"type", "checked", "disabled"}
    return nh3.Cleaner(
        tags=TAGS,
        attributes=attributes,
        url_schemes={"http", "https", "mailto"},
        attribute_filter=drop_foreign_id,
    )


def drop_foreign_id(_tag: str, name: str, value: str) -> str | None:
    """A filter of attributes: what is written must not take the id of a part of the page."""
    if name == "id" and not OWN_ID.fullmatch(value):
        return None
    return value
