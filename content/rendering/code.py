"""Colours of code within a budget of time.

Lexers of many languages look back or ahead over the whole code at every token, or within one
regular expression, so that their time grows with the square of its size. A timer of the system
ends them; both Python and its regular expressions look for signals.
"""

import html
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time
from types import FrameType

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound


class OutOfTime(Exception):
    """The colours of a block take longer than its share of the budget."""


class Painter:
    """Colours for the blocks of one text, within `seconds` of a processor altogether.

    For the main thread of a process, which alone gets signals.
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def colour(self, code: str, language: str, _attributes: str = "") -> str:
        """HTML of `code`; without colours where the language is unknown or the budget is spent.

        A block gets half of what is left, so that those after a bad one still get some.
        """
        if self.left <= 0:
            return html.escape(code)
        began = process_time()
        try:
            lexer = get_lexer_by_name(language)
            with time_limit(self.left / 2):
                return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))
        # ValueError: the limit was reached while a lexer within this one was being made.
        except (ClassNotFound, OutOfTime, ValueError):
            return html.escape(code)
        finally:
            self.left -= process_time() - began


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises OutOfTime in the block after `seconds` of a processor."""
    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def give_up(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTime
