"""The time to draw a text grows with its length, and no faster, whatever it holds."""

import html
import re
from time import process_time

import pytest

from content.rendering import markdown
from content.rendering.code import Painter
from tests.content.long_texts import KINDS

SHORT, LONG = 4_000, 16_000  # characters
PARTS = 400
MOST = 8  # times as long for four times as much; 16 where time grows with the square
FLOOR = 0.005  # seconds; below it a machine measures itself


def repeated(unit):
    return lambda length: (unit * (length // len(unit) + 1))[:length]


def numbered(*units):
    """Each unit with numbers from 1, one unit after the other."""

    def text(length):
        count = length // sum(len(unit.format(1000)) for unit in units)
        return "\n\n".join(
            "".join(unit.format(number) for number in range(1, count)) for unit in units
        )

    return text


TEXTS = {
    "words": repeated("word word\n"),
    "one word": repeated("a"),
    "paragraphs": repeated("word word\n\n"),
    "blank lines": repeated(" \n"),
    "hard breaks": repeated("a  \n"),
    "tabs": repeated("\t"),
    "nulls": repeated("\0"),
    "Chinese": repeated("## 字\n\n字\n\n"),
    "headings": repeated("# a\n"),
    "headings of the same title": repeated("## Same title\n\n"),
    "underlined headings": repeated("a\n=\n"),
    "rules": repeated("---\n"),
    "quotes": repeated("> a\n"),
    "a quote in a quote": repeated("> "),
    "items": repeated("- a\n"),
    "loose items": repeated("* a\n\n"),
    "numbered items": repeated("1. a\n"),
    "a list in a list": repeated("- "),
    "tasks": repeated("- [ ] a\n"),
    "done tasks": repeated("1. [x] a\n"),
    "tasks of tasks": repeated("- [ ] a\n  - [x] b\n"),
    "fences": repeated("```\na\n```\n"),
    "open fences": repeated("~~~a\n"),
    "indented code": repeated("    a\n"),
    "code in the line": repeated("`a` "),
    "backticks": repeated("`a``b```"),
    "diagrams": repeated("```mermaid\na\n```\n"),
    "unknown languages": numbered("```x{}\na\n```\n"),
    "cells": repeated("|a"),
    "tables": repeated("|a|b|\n|-|-|\n|1|2|\n\n"),
    "rows": lambda length: "|a|b|\n|-|-|\n" + repeated("|1|2|\n")(length),
    "emphasis": repeated("*a* **b** "),
    "open emphasis": repeated("*a _b "),
    "asterisks": repeated("*"),
    "crossed out": repeated("~~a~~ "),
    "links": repeated("[a](b) "),
    "open links": repeated("[a]("),
    "brackets": repeated("["),
    "pictures": repeated("!["),
    "addresses": repeated("<http://a.example> "),
    "definitions": numbered("[a{}]: b\n\n", "[a{}] "),
    "tags": repeated("<b>x</b> "),
    "open comments": repeated("<!--"),
    "entities": repeated("&amp; & &#35; "),
    "escapes": repeated("\\*\\"),
    "footnotes": numbered("[^{}] ", "[^{}]: a\n\n"),
    "one footnote": lambda length: repeated("[^1] ")(length) + "\n\n[^1]: a\n",
    "footnotes in the line": repeated("^[a] "),
    "open footnotes": repeated("[^"),
    "formulas": repeated("$a$ "),
    "large formulas": repeated("$$" + r"\frac{a}{b} " * 40 + "$$\n\n"),
    "open formulas": repeated("$$a "),
    "dollars": repeated("$"),
    "prices": repeated("$5 or $a "),
}
# Of what people and models write; each by the name that a fence has.
LANGUAGES = [
    "ada",
    "apacheconf",
    "asm",
    "autohotkey",
    "awk",
    "bash",
    "bat",
    "c",
    "clojure",
    "cmake",
    "cobol",
    "coffeescript",
    "common-lisp",
    "cpp",
    "csharp",
    "css",
    "cuda",
    "cython",
    "d",
    "dart",
    "delphi",
    "diff",
    "docker",
    "elixir",
    "elm",
    "erlang",
    "fortran",
    "fsharp",
    "gdscript",
    "glsl",
    "go",
    "graphql",
    "groovy",
    "haskell",
    "html",
    "http",
    "ini",
    "java",
    "javascript",
    "json",
    "julia",
    "kotlin",
    "latex",
    "less",
    "lua",
    "make",
    "markdown",
    "matlab",
    "nginx",
    "nim",
    "objective-c",
    "ocaml",
    "perl",
    "php",
    "powershell",
    "prolog",
    "protobuf",
    "python",
    "r",
    "ruby",
    "rust",
    "scala",
    "scss",
    "solidity",
    "sql",
    "swift",
    "terraform",
    "toml",
    "typescript",
    "verilog",
    "vhdl",
    "vim",
    "xml",
    "yaml",
    "zig",
]
PLAIN_CODE = (" \n", "\na")  # lines with a space, and with a word
BUDGET = 0.04


def seconds(text):
    began = process_time()
    markdown.read(text, colour_seconds=0)
    return process_time() - began


@pytest.mark.parametrize("kind", TEXTS)
def test_four_times_the_text_takes_about_four_times_as_long(kind):
    refuse_growth(TEXTS[kind](SHORT), TEXTS[kind](LONG))


@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_parts_take_about_four_times_as_long(kind):
    refuse_growth(KINDS[kind](PARTS), KINDS[kind](4 * PARTS))


def refuse_growth(short, long):
    best = MOST + 1.0
    for _ in range(3):
        best = min(best, seconds(long) / max(seconds(short), FLOOR))
        if best <= MOST:
            return
    pytest.fail(f"{best:.1f} times as long")


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_is_coloured_within_its_budget_or_plain(language):
    for unit in PLAIN_CODE:
        painter = Painter(BUDGET)
        painter.colour("x\n", language)  # finds the lexer, of which the import counts as well
        for length in (SHORT, LONG):
            painter.left = BUDGET
            code = repeated(unit)(length)
            began = process_time()
            made = painter.colour(code, language)
            assert process_time() - began < 25 * BUDGET
            text = html.unescape(re.sub("<[^>]+>", "", made))
            assert text.strip() == code.strip() or text.split() == code.split()


@pytest.mark.parametrize("language", ["autohotkey", "matlab"])  # many steps; one that is long
def test_a_block_that_takes_too_long_leaves_time_for_the_next(language):
    painter = Painter(0.2)
    slow = " \n" * 40_000
    assert painter.colour(slow, language) == slow
    assert painter.left > 0
    assert "<span" in painter.colour("x = 1\n", "python")


def test_without_a_budget_code_is_plain():
    assert markdown.read("```python\nx = '<'\n```", colour_seconds=0).html == (
        "<pre><code class=\"language-python\">x = '&lt;'\n</code></pre>\n"
    )
