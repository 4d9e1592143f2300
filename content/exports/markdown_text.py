"""Markdown that shows what the reader's page shows, whatever else a viewer knows.

Plain texts are escaped character by character. A tutorial is Markdown already, in which the page
shows raw HTML as text and follows no `javascript:`; here both are made text in the source.
"""

import re
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from content.rendering import formulas
from roadmaps.plain_text import many_lines, one_line

# What means something within a line, and what does at its start or end.
INLINE = re.compile(r"[\\`*_\[\]<>$|~]|&(?=#?\w+;)|(?<!\S)#")
AT_START = re.compile(r"^(?:([-+=])|(\d{1,9})([.)]))")
TAG = re.compile(r"(?<!\\)((?:\\\\)*)<(?=[A-Za-z/!?])")  # behind whole pairs of backslashes
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
UNSEEN = re.compile(r"[\x00-\x20\x7f]|%[01][0-9a-f]|%7f")
SCHEMES = {"http", "https", "mailto"}  # that the reader follows
DESTINATION = re.compile(r"\]\(\s*(<[^>\n]*>|[^\s)]*)")
ROUNDS = 5  # what was HTML may be Markdown once it is text


def inline(text: str) -> str:
    """Plain text on one line of Markdown."""
    return escaped(one_line(text))


def escaped(line: str) -> str:
    shown = INLINE.sub(lambda sign: "\\" + sign[0], line)
    return AT_START.sub(lambda sign: f"{sign[2] or ''}\\{sign[1] or sign[3]}", shown)


def block(text: str, indent: str = "") -> str:
    """Plain text of several lines, each of them kept; `indent` is that of a list's item."""
    paragraphs = re.split(r"\n[ \t]*(?:\n[ \t]*)+", many_lines(text).strip("\n"))
    shown = []
    for paragraph in paragraphs:
        lines = paragraph.expandtabs(4).split("\n")
        shown.append(f"\\\n{indent}".join(map(indented, lines)))
    return f"\n\n{indent}".join(shown)


def indented(line: str) -> str:
    """A line with the spaces before it, by which code is read."""
    text = line.lstrip(" ")
    return "&nbsp;" * (len(line) - len(text)) + escaped(text.rstrip())


def address(url: str) -> str:
    """An address between `(<` and `>)`."""
    return re.sub(r"&(?=#?\w+;)", "&amp;", url.replace("\\", "%5C"))


def harmless(markdown: str) -> str:
    """A tutorial whose raw HTML and whose links to other schemes are text, its fences closed."""
    text = without_tags_in_formulas(many_lines(markdown))
    for _ in range(ROUNDS):
        changed = once(text)
        if changed == text:
            return closed(text)
        text = changed
    return closed(outside_fences(text, lambda part: TAG.sub(r"\1\\<", part.replace("](", "]\\("))))


@cache
def parser() -> MarkdownIt:
    """A viewer that takes everything."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    return markdown


@cache
def parser_of_formulas() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return markdown.use(dollarmath_plugin, **formulas.DOLLARS)


def without_tags_in_formulas(text: str) -> str:
    """`<` of a formula as TeX's own word, where HTML could begin with it."""
    for token in parser_of_formulas().parse(text):
        for part in (token, *(token.children or ())):
            if part.type.startswith("math") and TAG.search(part.content):
                text = text.replace(part.content, TAG.sub(r"\1\\lt ", part.content))
    return text


def once(text: str) -> str:
    """The text without the HTML and the links that a viewer finds in it now."""
    environment: dict[str, Any] = {}
    tokens = parser().parse(text, environment)
    lines = text.split("\n")
    for token in tokens:
        if token.map is None:
            continue
        begin, end = token.map
        if token.type == "html_block":
            lines[begin:end] = [TAG.sub(r"\1\\<", line) for line in lines[begin:end]]
        elif token.type == "inline" and any(map(is_harmful, token.children or ())):
            part = "\n".join(lines[begin:end])
            lines[begin:end] = without_harm(part, token.children or []).split("\n")
    for reference in environment.get("references", {}).values():
        if leads_elsewhere(reference["href"]):
            line = reference["map"][0]
            lines[line] = re.sub(r"(?<!\\)\[", r"\\[", lines[line], count=1)
    return "\n".join(lines)


def is_harmful(child: Token) -> bool:
    if child.type == "html_inline":
        return True
    target = child.attrs.get("href") or child.attrs.get("src")
    return isinstance(target, str) and leads_elsewhere(target)


def leads_elsewhere(url: str) -> bool:
    scheme = SCHEME.match(UNSEEN.sub("", url.lower()))
    return scheme is not None and scheme[1] not in SCHEMES


def without_harm(part: str, children: list[Token]) -> str:
    """A paragraph with its tags and bad links escaped, and its code as it is."""
    shown, position = "", 0
    for child in children:
        if child.type == "code_inline":
            end = end_of_code(part, child.markup, position)
        elif child.type == "html_inline" or child.markup == "autolink":
            tag = TAG.search(part, position)
            end = tag.end() - 1 if tag else -1
        else:
            continue
        if end < 0:
            return everything_escaped(part)
        if child.type == "code_inline":
            shown, position = shown + broken_links(part[position:end]), end
        elif child.type == "html_inline" or is_harmful(child):
            shown += broken_links(part[position:end]) + "\\<"
            position = end + 1
        elif child.type == "link_open":
            shown += broken_links(part[position : end + 1])
            position = end + 1
    return shown + broken_links(part[position:])


def end_of_code(part: str, markup: str, position: int) -> int:
    """The end of the code that begins next; -1 when it isn't found."""
    fence = rf"(?<!`){re.escape(markup)}(?!`)"
    code = re.compile(rf"{fence}.*?{fence}", re.DOTALL).search(part, position)
    return code.end() if code else -1


def broken_links(part: str) -> str:
    def broken(link: re.Match[str]) -> str:
        is_bad = leads_elsewhere(unescapeAll(link[1].strip("<>")))
        return link[0].replace("](", "]\\(", 1) if is_bad else link[0]

    return DESTINATION.sub(broken, part)


def everything_escaped(part: str) -> str:
    return TAG.sub(r"\1\\<", part.replace("](", "]\\("))


def outside_fences(text: str, change: Any) -> str:
    lines = text.split("\n")
    code: set[int] = set()
    for token in parser().parse(text):
        if token.type in ("fence", "code_block") and token.map:
            code.update(range(*token.map))
    return "\n".join(line if n in code else change(line) for n, line in enumerate(lines))


def closed(text: str) -> str:
    """The text with its last fence ended, which would take in what follows."""
    text = text.rstrip("\n")
    lines = text.split("\n")
    for token in parser().parse(text):
        if token.type == "fence" and token.level == 0 and token.map and token.map[1] == len(lines):
            begin, end = token.map
            last = lines[-1].strip()
            is_closed = (
                end - begin > 1 and last == last[:1] * len(last) and (last.startswith(token.markup))
            )
            if not is_closed:
                return f"{text}\n{token.markup}"
    return text
