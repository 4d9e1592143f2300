"""Formulas between lines of `$$`: a text is looked through once for their end, not once for each
beginning.
"""

from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

Rule = Callable[[StateBlock, int, int, bool], bool]


def look_once(markdown: MarkdownIt) -> None:
    """Have the parser's rule for such formulas remember where no end was found."""
    rules = markdown.block.ruler
    (rule,) = [entry for entry in rules.__rules__ if entry.name == "math_block"]
    rules.at("math_block", remembering(rule.fn), {"alt": rule.alt})


def remembering(rule: Rule) -> Rule:
    """`rule`, which reads on to the end of the block for each `$$` that nothing ends."""

    def remembered(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        # Up to the line `end`, none from the one kept here on has an end of a formula.
        unended: dict[int, int] = state.env.setdefault("unended_formulas", {})
        if unended.get(end, end) <= start:
            return False
        if rule(state, start, end, silent):
            return True
        begin = state.bMarks[start] + state.tShift[start]
        line = state.src[begin : state.eMarks[start]]
        if line.startswith("$$") and "$$" not in line[2:] and not state.is_code_block(start):
            unended[end] = start
        return False

    return remembered
