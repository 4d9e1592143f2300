"""Markdown that a model wrote, as HTML that a browser may show."""

import html
from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from mdit_py_plugins.tasklists import tasklists_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

CLASSES = {"code", "pre", "span", "ul", "li", "input", "div"}
TAGS = nh3.ALLOWED_TAGS | {"input"}


def render(text: str) -> SafeString:
    """Safe whatever `text` holds: raw HTML is escaped by the parser, and the result is cleaned as well."""
    attributes = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    for tag in CLASSES:
        attributes.setdefault(tag, set()).add("class")
    attributes["input"] |= {"type", "checked", "disabled"}
    cleaned = nh3.clean(
        _parser().render(text), tags=TAGS, attributes=attributes, url_schemes={"http", "https", "mailto"}
    )
    return mark_safe(cleaned)  # noqa: S308 - cleaned above


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlight})
    return parser.enable(["table", "strikethrough"]).use(tasklists_plugin)


def _highlight(code: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return html.escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))
